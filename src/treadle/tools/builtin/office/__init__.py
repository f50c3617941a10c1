"""The office of Feishu and of Lark: one interface at two addresses (https://open.feishu.cn/document)."""
