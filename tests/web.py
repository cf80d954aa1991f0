"""Pages of a process under test."""

from http.client import HTTPConnection


def get(port: int, path: str) -> tuple[int, str]:
    """Status and body; (0, "") while nobody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()
