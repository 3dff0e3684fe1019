"""Every error this pipeline raises on purpose.

    DatasetError
    ├── ConfigError         the YAML or the command is wrong     fix the config
    │   └── MissingConfigError  there is no YAML                 mend the path
    ├── LayoutError         the source is not as declared        fix the source or `layout`
    │   └── LabelFileError  a label file cannot be read          fix the file, at the line named
    ├── FetchError          bytes could not be read              retried, then rejected
    │   └── UntoldError         a worker lacks `storage_options`     tried again
    ├── InvalidImageError   bytes are not a usable image         rejected
    ├── OutputError         the output cannot be used            fix `output`
    │   └── UnansweredError     a store does not say what it did     run it again
    ├── UnknownOutcomeError whether a version exists is not known  the next run tells
    ├── VersionError        a published version is not whole     `parquetry verify`, then restore or roll back
    │   ├── UnknownVersionError there is no such version           name one that is there
    │   └── UnknownImageError   no version has such an image       name one that is there
    ├── ServerError         Prefect's server is missing or other  start it; the message names the command
    └── RefusedError        a rule forbids publishing            the message names the way out
        ├── StoppedError        a signal stopped the run           run it again
        └── BadRecordsError     since a label file's records are bad  fix them, at the lines named

A message says what is wrong, where (file, line, key, row), and what to do; it is one argument, so that every error
survives pickling.
"""

from __future__ import annotations

from tasks.redaction import redact_text


class DatasetError(Exception):
    """The root of all errors that a user can act on; its text is shown as it is, without a traceback.

    URLs in it lose their query, user and password here, whatever library put them there.
    """

    def __init__(self, message: str) -> None:
        super().__init__(redact_text(message))


class ConfigError(DatasetError):
    """The YAML, an override or the command line is wrong."""


class MissingConfigError(ConfigError):
    """There is no config where one is named."""


class LayoutError(DatasetError):
    """The source does not have the layout its config declares."""


class LabelFileError(LayoutError):
    """A CSV or JSON label file cannot be read as one."""


class FetchError(DatasetError):
    """Bytes could not be read from a source or an output store."""


class UntoldError(FetchError):
    """A process was not told what is written into no file; it may be soon."""


class InvalidImageError(DatasetError):
    """Bytes are not an image that the config admits."""


class OutputError(DatasetError):
    """The output cannot be used: not writable, not empty of other things, or not able to fence commits."""


class UnansweredError(OutputError):
    """A store was asked to write, and gave no answer that tells whether it did."""


class UnknownOutcomeError(DatasetError):
    """It is not known whether a version was published."""


class VersionError(DatasetError):
    """A commit, manifest or shard that should be there is missing, damaged or of a newer format."""


class UnknownVersionError(VersionError):
    """The output has no version of the number that was typed, no pin of it, or no version at all."""


class UnknownImageError(VersionError):
    """No version knows an image of the name that was typed."""


class ServerError(DatasetError):
    """The Prefect server that is needed is not there, or not of a version that fits."""


class RefusedError(DatasetError):
    """Nothing is published because a rule forbids it; the dataset is as it was."""


class StoppedError(RefusedError):
    """Nothing is published, because a signal stopped the run."""


class BadRecordsError(RefusedError):
    """Nothing is published, because more records of a label file are bad than a gate admits."""
