"""Extensions: moderation and external data, by HTTP or by code in a folder."""
