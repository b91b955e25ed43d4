"""Checks rendered Kubernetes resources, read from a file of YAML documents.

    check.py RENDERED [--schema-only]

Every resource must pass the strict schemas of the oldest and the newest
Kubernetes version supported, and the security properties that
docs/security.md promises must hold. Prints each finding and exits with 1 when
there is any.
"""

import argparse
import sys

import kubernetes_validate
import yaml

# ReadWriteOncePod and gRPC probes are stable from 1.29 on.
VERSIONS = ("1.29", "1.37")
GRPC_PORT = 8443
HEALTH_PORT = 8081
NAME_LABEL = {"app.kubernetes.io/name": "concordat"}


def schema_findings(resources):
    """What the strict schemas refuse; unknown fields are refused too."""
    for resource in resources:
        name = f"{resource.get('kind')}/{resource.get('metadata', {}).get('name')}"
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(resource, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                path = ".".join(str(part) for part in error.path)
                yield f"{name} {path}: {error.message} (Kubernetes {version})"
            except kubernetes_validate.SchemaNotFoundError as error:
                yield f"{name}: {error.message}"


class Properties:
    """The security properties; each method yields what breaks it."""

    def __init__(self, resources):
        self.by_kind = {}
        for resource in resources:
            self.by_kind.setdefault(resource["kind"], []).append(resource)
        self.deployment = self.one("Deployment")["spec"]
        self.pod = self.deployment["template"]["spec"]
        (self.container,) = self.pod["containers"]
        (config,) = self.one("ConfigMap")["data"].values()
        self.config = yaml.safe_load(config)

    def one(self, kind):
        """The only resource of the kind."""
        (resource,) = self.by_kind[kind]
        return resource

    def findings(self):
        for check in (self.replica, self.identity, self.privileges, self.resources, self.storage,
                      self.probes, self.shutdown, self.service, self.network, self.disruption):
            for finding in check():
                yield f"{check.__name__}: {finding}"

    def replica(self):
        if self.deployment["replicas"] != 1:
            yield "SQLite serves one replica"
        if self.deployment["strategy"] != {"type": "Recreate"}:
            yield "two servers must never run at once: strategy Recreate"
        if self.deployment["selector"]["matchLabels"] != NAME_LABEL:
            yield "the selector must be the name label"

    def identity(self):
        account = self.one("ServiceAccount")
        if self.pod["serviceAccountName"] != account["metadata"]["name"]:
            yield "the pod must run as the service account of its own"
        if account.get("automountServiceAccountToken") is not False:
            yield "the service account must mount no token"
        if self.pod.get("automountServiceAccountToken") is not False:
            yield "the pod must mount no token"
        if self.pod.get("enableServiceLinks") is not False:
            yield "the pod must not be told of other services"
        for setting in ("hostNetwork", "hostPID", "hostIPC"):
            if self.pod.get(setting):
                yield f"{setting} must be off"

    def privileges(self):
        pod = self.pod.get("securityContext", {})
        if pod.get("runAsNonRoot") is not True or pod.get("runAsUser", 0) < 10000:
            yield "the pod must run as a user of its own, not root"
        if pod.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield "seccomp must be RuntimeDefault"
        for container in self.pod.get("initContainers", []) + [self.container]:
            for finding in self.privileges_of(container.get("securityContext", {})):
                yield f"{container['name']}: {finding}"

    @staticmethod
    def privileges_of(container):
        if container.get("readOnlyRootFilesystem") is not True:
            yield "the root file system must be read-only"
        if container.get("allowPrivilegeEscalation") is not False:
            yield "privilege escalation must be off"
        if container.get("capabilities") != {"drop": ["ALL"]}:
            yield "all capabilities must be dropped and none added"
        if container.get("privileged"):
            yield "the container must not be privileged"
        for setting in ("runAsUser", "runAsNonRoot", "seccompProfile"):
            if setting in container:
                yield f"the container must not override {setting}"

    def resources(self):
        for container in self.pod.get("initContainers", []) + [self.container]:
            resources = container.get("resources", {})
            if "memory" not in resources.get("limits", {}):
                yield f"{container['name']}: memory must be limited"
            if not {"cpu", "memory"} <= set(resources.get("requests", {})):
                yield f"{container['name']}: CPU and memory must be requested"

    def storage(self):
        claims = {claim["metadata"]["name"]: claim for claim in self.by_kind["PersistentVolumeClaim"]}
        for claim in claims.values():
            if claim["spec"]["accessModes"] != ["ReadWriteOncePod"]:
                yield "the volume must admit one pod only"
        mounts = {mount["name"]: mount for mount in self.container["volumeMounts"]}
        volumes = {volume["name"]: volume for volume in self.pod["volumes"]}
        if set(mounts) != set(volumes):
            yield "every volume must be mounted once"
        kept = {"data": self.config["database_path"],
                "checkpoint": self.config["audit"]["checkpoint_file"]}
        names = {volumes[name].get("persistentVolumeClaim", {}).get("claimName") for name in kept}
        if names != set(claims) or len(names) != len(kept):
            yield "database and checkpoint must each be on a claim of their own"
        for name, file in kept.items():
            if not file.startswith(mounts[name]["mountPath"] + "/"):
                yield f"{file} must be on the volume {name}"
        if "emptyDir" not in volumes["tmp"] or mounts["tmp"]["mountPath"] != "/tmp":
            yield "/tmp must be an empty directory of the pod"
        config_map = self.one("ConfigMap")["metadata"]["name"]
        if volumes["config"].get("configMap", {}).get("name") != config_map:
            yield "the configuration must be the rendered ConfigMap"
        secrets = {"tls": list(self.config["tls"].values()),
                   "log-key": [self.config["audit"]["key_file"]]}
        for name, files in secrets.items():
            secret = volumes[name].get("secret", {})
            if mounts[name].get("readOnly") is not True or secret.get("defaultMode", 0o777) & 0o337:
                yield "the key must be mounted read-only, readable by the server alone"
            for file in files:
                if not file.startswith(mounts[name]["mountPath"] + "/"):
                    yield f"{file} is not in the secret's folder"

    def probes(self):
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            if self.container.get(probe, {}).get("grpc", {}).get("port") != HEALTH_PORT:
                yield f"{probe} must ask the health port by gRPC"
        if not self.config["health_address"].endswith(f":{HEALTH_PORT}"):
            yield "the server's health port must be the one that is probed"

    def shutdown(self):
        if self.pod["terminationGracePeriodSeconds"] <= self.config["drain_seconds"]:
            yield "the grace period must be longer than the drain"

    def service(self):
        service = self.one("Service")["spec"]
        ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}
        if [ports[port["targetPort"]] for port in service["ports"]] != [GRPC_PORT]:
            yield "the service must offer the gRPC port alone"
        if service["selector"] != NAME_LABEL:
            yield "the service must select the server"
        if not self.config["listen_address"].endswith(f":{GRPC_PORT}"):
            yield "the server must listen on the port that is offered"

    def network(self):
        policy = self.one("NetworkPolicy")["spec"]
        if policy["podSelector"].get("matchLabels") != NAME_LABEL:
            yield "the policy must select the server"
        if sorted(policy["policyTypes"]) != ["Egress", "Ingress"]:
            yield "the policy must cover both directions"
        for rule in policy.get("ingress", []):
            ports = [(port["port"], port["protocol"]) for port in rule.get("ports", [])]
            if ports != [(GRPC_PORT, "TCP")]:
                yield "only the gRPC port may be open, never the health port"
            sources = rule.get("from", [])
            if not sources or any(
                not source.get("namespaceSelector", {}).get("matchLabels") for source in sources
            ):
                yield "only labelled namespaces may call"
        for rule in policy.get("egress", []):
            if not rule.get("to") or {port["port"] for port in rule.get("ports", [])} != {53}:
                yield "nothing but name look-ups may leave"

    def disruption(self):
        budget = self.one("PodDisruptionBudget")["spec"]
        if budget["selector"]["matchLabels"] != NAME_LABEL:
            yield "the budget must select the server"
        if budget.get("maxUnavailable") != 1:
            yield "the budget must let the one replica go, and no more"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rendered")
    parser.add_argument("--schema-only", action="store_true")
    arguments = parser.parse_args()
    with open(arguments.rendered, encoding="utf-8") as file:
        resources = [resource for resource in yaml.safe_load_all(file) if resource]
    findings = list(schema_findings(resources))
    if not findings and not arguments.schema_only:
        findings = list(Properties(resources).findings())
    for finding in findings:
        print(finding)
    if not resources:
        print("nothing was rendered")
    return 1 if findings or not resources else 0


if __name__ == "__main__":
    sys.exit(main())
