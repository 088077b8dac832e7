"""An installation's credentials, made once."""

import pytest
import yaml

from deploy import credentials


@pytest.fixture(scope="session")
def credential_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("credentials") / "made"
    credentials.make(folder, "postgres")
    return folder


@pytest.fixture(scope="session")
def secret_objects(credential_folder):
    return tuple(yaml.safe_load_all((credential_folder / "secrets.yaml").read_text(encoding="utf-8")))
