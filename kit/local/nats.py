"""The embedded NATS server: JetStream on files, every write synced. Who may do what comes in `config`."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from signal import SIGHUP
from threading import Event
from typing import Any

from kit.local import ports
from kit.local.processes import Child, stop_all
from kit.local.programs import nats_program

SETTING = "PAET_NATS_PORT"


class NatsServer:
    """A NATS server whose streams live in `folder`, or the server of `outside_url`, never started by us.

    `config` is added to the server's configuration: its text (`kit.nats_access.render`), or a mapping of it.
    `port` None takes a free one, kept for the life of the object; `monitor_port` opens the HTTP monitoring.
    """

    def __init__(
        self,
        folder: Path,
        config: Mapping[str, Any] | str = "",
        port: int | None = None,
        *,
        monitor_port: int | None = None,
        outside_url: str | None = None,
        log: Path | None = None,
        pid_file: Path | None = None,
    ) -> None:
        self.folder = Path(folder).resolve()
        self.outside_url = outside_url
        self.port = port or ports.free_port()
        self.monitor_port = monitor_port
        self.config = config
        self._log = log or self.folder / "nats.log"
        self._pid_file = pid_file or self.folder / "nats.pid"
        self.child: Child | None = None

    @property
    def url(self) -> str:
        """`nats://` URL without a user."""
        return self.outside_url or f"nats://127.0.0.1:{self.port}"

    def start(self, cancelled: Event | None = None) -> None:
        """Start and wait until it takes connections; raises LocalError."""
        if self.outside_url:
            return
        configuration = self._write()
        if self.child is None:
            command = [str(nats_program()), "--config", str(configuration)]
            self.child = Child("nats", command, self._log, self._pid_file, ready=lambda _: ports.answers(self.port))
        ports.demand_free({"NATS": (self.port, SETTING)})
        self.child.start()
        self.child.wait_ready(60, cancelled)

    def reload(self) -> None:
        """Let the running server take a changed `config`: users and accounts change without a restart."""
        self._write()
        if self.child:
            self.child.signal(SIGHUP)

    def stop(self) -> None:
        """Stop; what was acknowledged is on disk."""
        if self.child:
            stop_all([self.child], grace=10)

    def remove(self) -> None:
        """Delete the streams; the server must be stopped."""
        if self.folder.is_dir():
            shutil.rmtree(self.folder)

    def _write(self) -> Path:
        """Write the configuration, which holds passwords, readable by us alone."""
        self.folder.mkdir(parents=True, exist_ok=True)
        own: dict[str, Any] = {
            "server_name": "paet-local",
            "listen": f"127.0.0.1:{self.port}",
            "jetstream": {"store_dir": str(self.folder / "data"), "sync_interval": "always"},
        }
        if self.monitor_port:
            own["http"] = f"127.0.0.1:{self.monitor_port}"
        path = self.folder / "nats.conf"
        path.touch(mode=0o600)
        path.write_text(_text(own) + (self.config if isinstance(self.config, str) else _text(self.config)))
        return path


def _text(values: Mapping[str, Any]) -> str:
    """JSON values are NATS configuration values."""
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in values.items())
