"""The bounds of nodes, from the settings."""

from treadle.nodes import NodeLimits
from treadle.nodes.limits import CodeLimits, HttpLimits
from treadle.settings import Settings


def node_limits(settings: Settings) -> NodeLimits:
    """What operators may set about nodes (spec workflow-engine §17)."""
    return NodeLimits(
        code=CodeLimits(
            string_length=settings.code_max_string_length,
            max_number=settings.code_max_number,
            min_number=settings.code_min_number,
            precision=settings.code_max_precision,
            depth=settings.code_max_depth,
            string_array=settings.code_max_string_array_length,
            object_array=settings.code_max_object_array_length,
            number_array=settings.code_max_number_array_length,
        ),
        http=HttpLimits(
            connect_timeout=settings.http_request_max_connect_timeout,
            read_timeout=settings.http_request_max_read_timeout,
            write_timeout=settings.http_request_max_write_timeout,
            binary_size=settings.http_request_node_max_binary_size,
            text_size=settings.http_request_node_max_text_size,
            verify_tls=settings.http_request_node_ssl_verify,
        ),
        template_length=settings.template_transform_max_length,
        media=settings.multimodal_send_format,
    )
