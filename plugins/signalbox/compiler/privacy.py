"""The proof that a LiteLLM config cannot send text out of the building, whoever wrote the config.

It is an allow-list: every model must be served at a local address, every name that leads to a model must lead to one of
those, every other key must be known to be harmless, and no text anywhere may be an address that is not local. What
cannot be proven from the text alone (`os.environ/...` as an address, code, included files) is a violation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from signalbox.compiler import harmless
from signalbox.compiler.locality import is_hosted_elsewhere, is_local_host, is_local_url

__all__ = ["Violation", "is_local_url", "prove_local"]

DEEPEST = 40
_ADDRESS_KEY = re.compile(
    r"(?:^|_)(?:api_base|urls?|uri|hosts?|hostname|endpoint|webhook|prox(?:y|ies)|dsn)\Z", re.IGNORECASE
)
_ENVIRONMENT = "os.environ/"
_SET_IN = "so the environment decides, which this proof cannot see; write it here"


@dataclass(frozen=True, slots=True)
class Violation:
    """`path`: the key path in the config. `problem`: what cannot be proven, and what to change."""

    path: str
    problem: str


Check = Callable[[str, object], Iterator[Violation]]


def prove_local(config: Mapping[str, object], *, trusted_hosts: Collection[str] = ()) -> tuple[Violation, ...]:
    """Why text could leave through this LiteLLM config (parsed YAML); empty: it is proven that it cannot."""
    first: dict[str, Violation] = {}
    for violation in _Proof(config, trusted_hosts).violations():
        first.setdefault(violation.path, violation)
    return tuple(first.values())


class _Proof:
    """One config under proof. `groups`: its model names; `targets`: these, and the aliases that lead to them."""

    def __init__(self, config: Mapping[str, object], trusted_hosts: Collection[str]) -> None:
        self.config = config
        self.trusted = trusted_hosts
        self.groups = _group_names(config)
        self.targets = self.groups | _alias_names(config)
        self.checks: Mapping[str, Check] = {
            "fallbacks": self._chains,
            "context_window_fallbacks": self._chains,
            "content_policy_fallbacks": self._chains,
            "default_fallbacks": self._targets,
            "model_group_alias": self._aliases,
            "completion_model": self._target,
            "callbacks": _callbacks,
            "success_callback": _callbacks,
            "failure_callback": _callbacks,
            "service_callback": _callbacks,
            "audit_log_callbacks": _callbacks,
            "cache_params": self._cache,
            "redis_url": self._url,
            "redis_host": self._host,
            "database_url": self._url,
            "telemetry": _must_be_false,
            "store_model_in_db": _must_be_false,
        }

    def violations(self) -> Iterator[Violation]:
        """All of them; a path may come more than once."""
        sections: Mapping[str, Check] = {
            "model_list": self._model_list,
            "litellm_settings": self._keys(harmless.LITELLM_SETTINGS, self.checks),
            "router_settings": self._keys(harmless.ROUTER_SETTINGS, self.checks),
            "general_settings": self._keys(harmless.GENERAL_SETTINGS, self.checks),
            "environment_variables": self._keys(
                harmless.ENVIRONMENT, {"REDIS_URL": self._url, "REDIS_HOST": self._host, "DATABASE_URL": self._url}
            ),
            "signalbox": self._keys(frozenset({"digest", "plan"}), {}),
        }
        if not self.config.get("model_list"):
            yield Violation("model_list", "is empty, so LiteLLM would call any provider by name; list the local models")
        yield from _cache_without_parameters(self.config.get("litellm_settings"))
        yield from self._keys(frozenset(), sections)("", self.config)
        yield from self._addresses("", "", self.config, 0)

    def _keys(self, allowed: frozenset[str], checks: Mapping[str, Check]) -> Check:
        """A mapping of which each key is allowed, or checked, or empty."""

        def check(path: str, value: object) -> Iterator[Violation]:
            if value is None:
                return
            if not isinstance(value, Mapping):
                yield Violation(path, "is no mapping of keys, so nothing can be proven; correct it")
                return
            for key, inside in value.items():
                where = _join(path, key)
                if key in checks:
                    yield from checks[key](where, inside)
                elif key not in allowed and not _is_empty(inside):
                    remedy = harmless.REMEDIES.get(str(key), "it is not known to be harmless; remove it")
                    yield Violation(where, f"cannot be proven: {remedy}")

        return check

    def _model_list(self, path: str, value: object) -> Iterator[Violation]:
        if not isinstance(value, list):
            yield Violation(path, "is no list of models; correct it")
            return
        for index, entry in enumerate(value):
            where = f"{path}[{index}]"
            checks = {"model_name": _model_name, "litellm_params": self._params, "model_info": self._info}
            yield from self._keys(frozenset(), checks)(where, entry)
            if not isinstance(entry, Mapping) or not isinstance(entry.get("litellm_params"), Mapping):
                yield Violation(f"{where}.litellm_params", "is missing, so nothing can be proven; add it")

    def _params(self, path: str, value: object) -> Iterator[Violation]:
        yield from self._keys(harmless.LITELLM_PARAMS, {"api_base": self._url, "base_url": self._url})(path, value)
        if not isinstance(value, Mapping):
            return
        if _is_empty(value.get("api_base")) and _is_empty(value.get("base_url")):
            yield Violation(f"{path}.api_base", f"is missing, {_SET_IN}")
        model, named = str(value.get("model") or ""), value.get("custom_llm_provider")
        prefix, _, model_id = model.partition("/")
        provider = prefix if named is None else named
        if not _among(harmless.SERVERS, provider) or not (model_id or named):
            remedy = "write it as hosted_vllm/<id>, as openai/<id> or the like"
            yield Violation(f"{path}.model", f"'{model}' is not surely served at its api_base; {remedy}")
        elif "*" in model:
            yield Violation(f"{path}.model", f"'{model}' stands for any model; name each model")
        elif is_hosted_elsewhere(model):
            yield Violation(f"{path}.model", f"'{model}' is run by the vendor's cloud; name a build that runs here")

    def _info(self, path: str, value: object) -> Iterator[Violation]:
        known = frozenset(map(str, value)) - harmless.MODEL_INFO_ESCAPES if isinstance(value, Mapping) else frozenset()
        yield from self._keys(known, {})(path, value)

    def _chains(self, path: str, value: object) -> Iterator[Violation]:
        """`[{small: [medium]}]`, also as one mapping or as a bare list of names."""
        for where, entry in _items(path, value):
            if isinstance(entry, Mapping):
                for source, targets in entry.items():
                    yield from self._targets(_join(where, source), targets)
            else:
                yield from self._target(where, entry)

    def _targets(self, path: str, value: object) -> Iterator[Violation]:
        for where, target in _items(path, value):
            yield from self._target(where, target)

    def _target(self, path: str, value: object) -> Iterator[Violation]:
        if not _is_empty(value):
            yield from _leads_to(self.targets, path, value)

    def _aliases(self, path: str, value: object) -> Iterator[Violation]:
        """`{auto: small}` or `{auto: {model: small, hidden: true}}`; an alias of an alias leads nowhere."""
        if value is not None and not isinstance(value, Mapping):
            yield Violation(path, "is no mapping of names; correct it")
        for name, target in value.items() if isinstance(value, Mapping) else ():
            where = _join(path, name)
            yield from _leads_to(self.groups, where, target.get("model") if isinstance(target, Mapping) else target)
            yield from _model_name(where, name)

    def _cache(self, path: str, value: object) -> Iterator[Violation]:
        yield from self._keys(harmless.CACHE_PARAMS, {"host": self._host, "url": self._url})(path, value)
        if not isinstance(value, Mapping):
            return
        kind = value.get("type", "redis")
        if not _among(harmless.CACHE_TYPES, kind):
            yield Violation(f"{path}.type", f"{_shown(kind)} is not surely local; write local, disk or redis")
        elif kind == "redis" and _is_empty(value.get("host")) and _is_empty(value.get("url")):
            yield Violation(f"{path}.host", f"is missing, {_SET_IN}")

    def _url(self, path: str, value: object) -> Iterator[Violation]:
        if _is_empty(value):
            return
        if isinstance(value, str) and value.startswith(_ENVIRONMENT):
            yield Violation(path, "cannot be proven: it is read from the environment; write the address itself here")
        elif not isinstance(value, str) or not is_local_url(value, self.trusted):
            yield Violation(path, f"{_shown(value)} is not provably inside the building; {_where_to()}")

    def _host(self, path: str, value: object) -> Iterator[Violation]:
        if _is_empty(value):
            return
        if isinstance(value, str) and value.startswith(_ENVIRONMENT):
            yield Violation(path, "cannot be proven: it is read from the environment; write the host itself here")
        elif not isinstance(value, str) or not is_local_host(value, self.trusted):
            yield Violation(path, f"{_shown(value)} is not provably inside the building; {_where_to()}")

    def _addresses(self, path: str, key: str, value: object, depth: int) -> Iterator[Violation]:
        """Every text of the config that is an address, or stands under a key that holds one."""
        if depth > DEEPEST:
            yield Violation(path, f"lies deeper than {DEEPEST} levels; flatten it")
        elif isinstance(value, Mapping):
            for name, inside in value.items():
                yield from self._addresses(_join(path, name), str(name), inside, depth + 1)
        elif isinstance(value, list | tuple):
            for index, inside in enumerate(value):
                yield from self._addresses(f"{path}[{index}]", key, inside, depth + 1)
        elif isinstance(value, str) and value:
            if "://" in value:
                yield from self._url(path, value)
            elif _ADDRESS_KEY.search(key) and not is_local_host(value.rpartition(":")[0] or value, self.trusted):
                yield Violation(path, f"{_shown(value)} is not provably inside the building; {_where_to()}")


def _group_names(config: Mapping[str, object]) -> set[str]:
    entries = config.get("model_list")
    listed = [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []
    return {name for entry in listed if isinstance(name := entry.get("model_name"), str)}


def _alias_names(config: Mapping[str, object]) -> set[str]:
    """Names of aliases: where they lead is checked at each of them."""
    router = config.get("router_settings")
    aliases = router.get("model_group_alias") if isinstance(router, Mapping) else None
    return {name for name in aliases if isinstance(name, str)} if isinstance(aliases, Mapping) else set()


def _leads_to(names: Collection[str], path: str, value: object) -> Iterator[Violation]:
    if not _among(names, value):
        yield Violation(path, f"leads to {_shown(value)}, which is no model of this config; name one of model_list")


def _model_name(path: str, value: object) -> Iterator[Violation]:
    if not isinstance(value, str) or not value or "*" in value:
        yield Violation(path, f"{_shown(value)} stands for any model; name each model")


def _callbacks(path: str, value: object) -> Iterator[Violation]:
    for where, name in _items(path, value):
        if not _among(harmless.CALLBACKS, name):
            yield Violation(where, f"{_shown(name)} may send texts out; remove it (kept: our own and prometheus)")


def _cache_without_parameters(settings: object) -> Iterator[Violation]:
    if isinstance(settings, Mapping) and settings.get("cache") and not settings.get("cache_params"):
        yield Violation("litellm_settings.cache_params", f"is missing, {_SET_IN}: {{type: local}}")


def _must_be_false(path: str, value: object) -> Iterator[Violation]:
    if value is not False:
        why = "models from a database are not seen by this proof" if path.endswith("_in_db") else "it reports to others"
        yield Violation(path, f"{why}; set it to false")


def _items(path: str, value: object) -> Iterator[tuple[str, object]]:
    """The entries of a list, or the one value that stands in its place."""
    if isinstance(value, list | tuple):
        yield from ((f"{path}[{index}]", item) for index, item in enumerate(value))
    elif value is not None:
        yield path, value


def _among(names: Collection[str], value: object) -> bool:
    return isinstance(value, str) and value in names


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str | list | tuple | Mapping) and not value)


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def _shown(value: object) -> str:
    """The value without what may be a password."""
    return f"'{re.sub(r'//[^@/]*@', '//...@', value)}'" if isinstance(value, str) else "something that is no name"


def _where_to() -> str:
    return "use a local address, or add its host to trusted_hosts"
