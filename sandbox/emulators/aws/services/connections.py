"""CodeConnections under its two names, codeconnections and codestar-connections."""

import uuid

from moto.core.base_backend import BackendDict

from . import core
from .core import Error, Params

# The provider types that need a host in the customer's network.
_HOSTED = ("GitHubEnterpriseServer", "GitLabSelfManaged")


class State(core.State):
    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.connections: dict[str, Params] = {}
        self.hosts: dict[str, Params] = {}
        self.tags: dict[str, dict[str, str]] = {}


# The newer name is not in botocore's list of endpoints by region.
connections_backends = BackendDict(State, "codestar-connections")


class Connections(core.Service):
    model = "codeconnections"
    backends = connections_backends
    state: State

    def arn(self, resource: str) -> str:
        """AWS uses the service name of the request in the ARN."""
        service = self.headers["Authorization"].split("/")[3]
        return f"arn:{self.partition}:{service}:{self.region}:{self.current_account}:{resource}"

    def create_connection(self, params: Params) -> Params:
        """AWS leaves a new connection PENDING until the handshake is completed in the console."""
        provider, host = params.get("ProviderType"), params.get("HostArn")
        if (provider is None) == (host is None):
            raise Error("InvalidInputException", "Either ProviderType or HostArn is needed, not both")
        if provider in _HOSTED:
            raise Error("InvalidInputException", f"Provider type {provider} needs a HostArn")
        if host is not None:
            provider = self._host(host)["ProviderType"]
        arn = self.arn(f"connection/{uuid.uuid4()}")
        self.state.connections[arn] = {
            "ConnectionName": params["ConnectionName"],
            "ConnectionArn": arn,
            "ProviderType": provider,
            "OwnerAccountId": self.current_account,
            "ConnectionStatus": "PENDING",
            "HostArn": host,
        }
        self.state.tags[arn] = _by_key(params.get("Tags", []))
        return {"ConnectionArn": arn, "Tags": params.get("Tags", [])}

    def get_connection(self, params: Params) -> Params:
        """AWS rejects an ARN that does not exist."""
        return {"Connection": self._connection(params["ConnectionArn"])}

    def list_connections(self, params: Params) -> Params:
        """AWS filters by provider type and host."""
        return {
            "Connections": [
                connection
                for connection in self.state.connections.values()
                if params.get("ProviderTypeFilter") in (None, connection["ProviderType"])
                and params.get("HostArnFilter") in (None, connection["HostArn"])
            ]
        }

    def delete_connection(self, params: Params) -> None:
        """AWS rejects an ARN that does not exist."""
        self._connection(params["ConnectionArn"])
        del self.state.connections[params["ConnectionArn"]]
        del self.state.tags[params["ConnectionArn"]]

    def create_host(self, params: Params) -> Params:
        """AWS leaves a new host PENDING until it is set up in the console."""
        arn = self.arn(f"host/{params['Name']}-{uuid.uuid4().hex[:8]}")
        self.state.hosts[arn] = {k: v for k, v in params.items() if k != "Tags"} | {"HostArn": arn, "Status": "PENDING"}
        self.state.tags[arn] = _by_key(params.get("Tags", []))
        return {"HostArn": arn, "Tags": params.get("Tags", [])}

    def get_host(self, params: Params) -> Params:
        """AWS rejects an ARN that does not exist."""
        return self._host(params["HostArn"])

    def list_hosts(self, params: Params) -> Params:
        """AWS returns all hosts of the account and region."""
        return {"Hosts": list(self.state.hosts.values())}

    def update_host(self, params: Params) -> None:
        """AWS replaces the members that are sent."""
        self._host(params["HostArn"]).update(params)

    def delete_host(self, params: Params) -> None:
        """AWS rejects to delete a host that connections use."""
        host = self._host(params["HostArn"])["HostArn"]
        if any(connection["HostArn"] == host for connection in self.state.connections.values()):
            raise Error("ResourceUnavailableException", f"Host {host} is in use")
        del self.state.hosts[host]
        del self.state.tags[host]

    def list_tags_for_resource(self, params: Params) -> Params:
        """AWS returns a list of keys and values."""
        return {"Tags": [{"Key": k, "Value": v} for k, v in self._tags(params["ResourceArn"]).items()]}

    def tag_resource(self, params: Params) -> None:
        """AWS adds to the tags, replacing the values of keys that exist."""
        self._tags(params["ResourceArn"]).update(_by_key(params["Tags"]))

    def untag_resource(self, params: Params) -> None:
        """AWS accepts keys that do not exist."""
        for key in params["TagKeys"]:
            self._tags(params["ResourceArn"]).pop(key, None)

    def _connection(self, arn: str) -> Params:
        return _found(self.state.connections, arn, "Connection")

    def _host(self, arn: str) -> Params:
        return _found(self.state.hosts, arn, "Host")

    def _tags(self, arn: str) -> dict[str, str]:
        return _found(self.state.tags, arn, "Resource")


def complete_handshake(arn: str) -> bool:
    """Completes the handshake, for which AWS has a console and no API; false if the connection does not exist."""
    _, _, _, region, account, _ = arn.split(":", 5)
    connection = connections_backends[account][region].connections.get(arn)
    if connection:
        connection["ConnectionStatus"] = "AVAILABLE"
    return connection is not None


def _found(things: dict[str, Params], arn: str, noun: str) -> Params:
    if arn not in things:
        raise Error("ResourceNotFoundException", f"{noun} not found: {arn}")
    return things[arn]


def _by_key(tags: list[Params]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def install() -> None:
    core.serve(Connections, "codeconnections", "codestar-connections")
