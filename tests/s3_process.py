"""Moto's S3 as a process whose writes that bear a condition are one step each, as S3's are.

Moto looks whether an object is there, and then puts it: of two requests at once for a new one, both may succeed.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from moto.s3.responses import S3Response
from moto.server import main

_ONE_AT_A_TIME = threading.Lock()
_put_object = S3Response.put_object


def _put_alone(response: S3Response) -> Any:
    with _ONE_AT_A_TIME:
        return _put_object(response)


if __name__ == "__main__":
    S3Response.put_object = _put_alone  # type: ignore[method-assign,assignment]  # the class has it in two steps
    main(sys.argv[1:])
