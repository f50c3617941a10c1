"""One of the processes that `treadle serve --workers` starts. Its orders come from the supervisor, not from people."""

import sys

import typer

from treadle.cli.output import run


def main() -> None:
    """Serve until the supervisor or a signal ends it. The argument is the descriptor of the supervisor's socket."""

    async def work() -> int:
        from treadle.server.main import serve_forever
        from treadle.server.worker import Worker

        worker = Worker.hired(int(sys.argv[1]))
        return await serve_forever(worker.settings, worker)

    try:
        sys.exit(run(work, serving=True))
    except typer.Exit as ended:
        sys.exit(ended.exit_code)


if __name__ == "__main__":
    main()
