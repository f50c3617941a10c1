"""What an app does around its model: moderation, external data, annotation replies, reading aloud."""
