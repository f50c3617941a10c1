"""The address that a server answers at."""

import socket


class CannotListen(Exception):
    """The address is taken or not ours."""


def listening_socket(host: str, port: int) -> socket.socket:
    """A bound socket. Raises CannotListen with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise CannotListen(
            f"Cannot listen on {host}:{port}: {error.strerror}. Choose another port with --port."
        ) from error
    listener.setblocking(False)
    return listener
