"""A web site of somebody else: a page on another origin, under a policy of its own."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def foreign_site(pages: dict[str, tuple[str, str]]) -> Generator[str]:
    """Serves `pages`, each a content security policy and the HTML, by their paths; gives the origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            policy, html = pages.get(self.path, ("", ""))
            self.send_response(200 if html else 204)  # 204: browsers ask for an icon by themselves
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if policy:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the browser's witness sees what goes wrong."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        # Another name for the same machine is another site to a browser.
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
