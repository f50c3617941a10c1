"""What new nodes of knowledge pipelines begin with. Source: spec workflow-nodes §27, §28."""

from typing import Final

from treadle.dsl import JsonMap

_EXTENSIONS: Final = ("txt", "md", "html", "pdf", "docx")

FILE_SOURCE: Final[JsonMap] = {
    "plugin_id": "treadle/file",
    "provider_name": "file",
    "provider_type": "local_file",
    "datasource_name": "upload-file",
    "datasource_label": "File",
    "datasource_parameters": {},
    "datasource_configurations": {},
    "fileExtensions": [*_EXTENSIONS],
}
WEB_SOURCE: Final[JsonMap] = {
    "plugin_id": "treadle/web",
    "provider_name": "builtin",
    "provider_type": "website_crawl",
    "datasource_name": "crawl",
    "datasource_label": "Web site",
    "datasource_parameters": {},
    "datasource_configurations": {},
}
KEEPING: Final[JsonMap] = {
    "chunk_structure": "text_model",
    "index_chunk_variable_selector": [],
    "indexing_technique": "economy",
    "embedding_model": "",
    "embedding_model_provider": "",
    "keyword_number": 10,
    "retrieval_model": {
        "search_method": "keyword_search",
        "top_k": 3,
        "score_threshold_enabled": False,
        "score_threshold": 0.5,
        "reranking_enable": False,
    },
}
