"""What schemathesis does here beyond its own: real ids in place of invented ones, and a check that no answer tells of another domain.

FUZZ_CONTEXT names a JSON file: `ids` by kind, `writableIds` by kind (for requests that change something), `acting`
(ids of the caller itself), `kinds` (what `id` stands for, by the path's beginning),
`markers` (texts that no answer may hold) and `counts`, a file to which one line is added for every request.
"""

import json
import os
import random

import schemathesis
from schemathesis.core.parameters import ParameterLocation

with open(os.environ["FUZZ_CONTEXT"], encoding="utf-8") as file:
    CONTEXT = json.load(file)
SEED = CONTEXT["seed"]
COUNTS = open(CONTEXT["counts"], "a", encoding="utf-8", buffering=1)
# Ids that the request itself holds are no news; of these kinds nothing else is told apart from the marker texts.
READING = ("GET", "HEAD")


def kind_of(path, name):
    if name == "id":
        for prefix, kind in CONTEXT["kinds"].items():
            if path.startswith(prefix):
                return kind
        return None
    return name.removeprefix("-")


def pick(kind, method, randomness):
    pool = CONTEXT["ids"] if method in READING else CONTEXT["writableIds"]
    choices = pool.get(kind, [])
    return randomness.choice(choices) if choices else None


def replace_members(value, method, randomness):
    """Ids in a body, wherever they stand."""
    if isinstance(value, list):
        return [replace_members(item, method, randomness) for item in value]
    if not isinstance(value, dict):
        return value
    replaced = {}
    for name, member in value.items():
        given = pick(name, method, randomness) if isinstance(member, str) else None
        replaced[name] = given if given is not None and randomness.random() < 0.5 else replace_members(member, method, randomness)
    return replaced


def spare_the_caller(case):
    """Ids from earlier answers are used again: whoever deletes or demotes itself tests nothing afterwards."""
    acting, instead = CONTEXT["acting"], CONTEXT["writableIds"]["user_id"][0]

    def spared(value):
        if isinstance(value, str):
            return instead if value in acting else value
        if isinstance(value, list):
            return [spared(item) for item in value]
        if isinstance(value, dict):
            return {name: spared(member) for name, member in value.items()}
        return value

    for container in (case.path_parameters, case.query):
        for name in list(container or {}):
            container[name] = spared(container[name])
    # Assigned is validated anew, and that there is none would then count as one that breaks the schema.
    if isinstance(case.body, (str, list, dict)):
        case.body = spared(case.body)


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None:
        return
    method = case.method.upper()
    # There the ids come from earlier answers, and what was just made has to be found.
    if case.meta.phase.name.value == "stateful":
        settle(case, method)
        return
    randomness = random.Random(f"{SEED} {case.id}")
    if case.path_parameters and not case.meta.is_negative_at(ParameterLocation.PATH):
        for name in list(case.path_parameters):
            given = pick(kind_of(case.operation.path, name), method, randomness)
            if given is not None and randomness.random() < 0.7:
                case.path_parameters[name] = given
    if case.query and not case.meta.is_negative_at(ParameterLocation.QUERY):
        for name in list(case.query):
            given = pick(kind_of(case.operation.path, name), method, randomness)
            if given is not None and isinstance(case.query[name], str) and randomness.random() < 0.5:
                case.query[name] = given
        # A long poll waits for what nobody does here.
        if "wait" in case.query and randomness.random() < 0.98:
            del case.query["wait"]
    if isinstance(case.body, (dict, list)) and not case.meta.is_negative_at(ParameterLocation.BODY):
        case.body = replace_members(case.body, method, randomness)
    settle(case, method)


def settle(case, method):
    if method not in READING:
        spare_the_caller(case)
    # That is to sign everybody out, the fuzzer's own callers too.
    if isinstance(case.body, dict) and "discard_others" in case.body:
        case.body["discard_others"] = False


@schemathesis.hook
def after_call(context, case, response):
    COUNTS.write(f"{response.status_code} {case.method.upper()} {case.operation.path}\n")


@schemathesis.check
def nothing_of_another_domain(context, response, case):
    text = response.text + json.dumps(dict(response.headers), default=str)
    for marker in CONTEXT["markers"]:
        if marker in text:
            raise AssertionError(f"the answer tells of another domain: {marker}")
