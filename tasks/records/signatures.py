"""Signatures in the queries of addresses, known as whole schemes: they change night by night, and name no image."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

_ANY = r".+"
_HEX = r"[0-9A-Fa-f]+"


class _Scheme(NamedTuple):
    """One way to sign an address.

    Attributes:
        needs: The parameters that an address signed this way has in any case, in lower case, and how their values look.
        parts: All parameters that belong to it.
    """

    needs: Mapping[str, str]
    parts: str


def _needs(*keys: str, **values: str) -> dict[str, str]:
    return dict.fromkeys(keys, _ANY) | values


_OLD = "signature|expires"
_SAS = (
    "sig|sv|se|st|sp|spr|sip|sr|ss|srt|si|skoid|sktid|skt|ske|sks|skv|saoid|suoid|scid|sdd|ses|rscc|rscd|rsce|rscl|rsct"
)
_SCHEMES = (
    _Scheme(_needs("x-amz-signature"), r"x-amz-.*|x-id"),  # Amazon's fourth, and what speaks as it does
    _Scheme(_needs("x-goog-signature"), r"x-goog-.*"),
    _Scheme(_needs("x-oss-signature"), r"x-oss-.*"),
    _Scheme(_needs("x-obs-signature"), r"x-obs-.*"),
    _Scheme(_needs("q-signature", "q-sign-algorithm"), r"q-(?:sign-.*|ak|key-time|.*-list|signature)|x-cos-.*"),
    _Scheme(_needs("awsaccesskeyid", "signature", "expires"), rf"awsaccesskeyid|{_OLD}|x-amz-security-token"),
    _Scheme(_needs("googleaccessid", "signature", "expires"), rf"googleaccessid|{_OLD}"),
    _Scheme(_needs("ossaccesskeyid", "signature", "expires"), rf"ossaccesskeyid|{_OLD}|security-token"),
    _Scheme(_needs("accesskeyid", "signature", "expires"), rf"accesskeyid|{_OLD}|x-obs-security-token"),
    _Scheme(_needs("key-pair-id", "signature"), rf"key-pair-id|{_OLD}|policy|hash-algorithm"),  # CloudFront
    _Scheme(_needs("sig", "sv", "se"), _SAS),  # Azure's shared access
    _Scheme(_needs("sig", "sv", "si"), _SAS),
    _Scheme(_needs(oh=r"[\w-]{16,}", oe=r"[0-9A-Fa-f]{6,16}"), r"oh|oe|_nc_.*"),  # Meta's
    _Scheme(_needs(ex=_HEX, hm=r"[0-9A-Fa-f]{16,}") | {"is": _HEX}, r"ex|is|hm"),  # Discord's
    *(_Scheme({key: r".*hmac=.+"}, key) for key in ("hdnts", "hdnea", "hdntl", "__token__")),  # Akamai's
    _Scheme({"__gda__": r"\d{8,}_[0-9A-Fa-f]{16,}"}, "__gda__"),
    _Scheme({"token": r"[\w-]{16,}", "expires": r"\d{9,11}"}, r"token|expires|token_path"),  # Bunny's
    _Scheme({"access_token": r".{16,}"}, "access_token"),  # RFC 6750
)


def unsigned(query: str) -> Sequence[str]:
    """The parameters of *query*, in their order and as they are written, without those of a signature.

    A parameter is taken for a part of a signature only where all that the signature needs stands beside it: alone,
    ``st``, ``exp`` or ``v`` name an image as any other word does.
    """
    given = [part for part in query.split("&") if part]
    keys = [unquote(part.partition("=")[0]).lower() for part in given]
    values = {key: unquote(part.partition("=")[2]) for key, part in zip(keys, given, strict=True)}
    found = [scheme.parts for scheme in _SCHEMES if _is_signed_by(scheme, values)]
    if not found:
        return given
    is_part = re.compile("|".join(found), re.DOTALL)
    return [part for key, part in zip(keys, given, strict=True) if not is_part.fullmatch(key)]


def _is_signed_by(scheme: _Scheme, values: Mapping[str, str]) -> bool:
    return all(
        key in values and re.fullmatch(look, values[key], re.DOTALL) is not None for key, look in scheme.needs.items()
    )
