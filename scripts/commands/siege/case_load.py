"""An accused dealer against the case that accuses it: files, comments and appeals without end."""

from scripts.commands.siege.assault import at_once
from scripts.commands.siege.attack import Attack, Play, needed
from scripts.commands.siege.cases import open_case
from scripts.commands.siege.stage import DEALER, MAKER, Stage

_MB = 1 << 20


def case_file_hoarding(stage: Stage) -> Play:
    """Dealer C, accused, attaches 110 files to its case, comments and appeals without end.

    Maker A, whose case it is, can still attach, and what C adds is bounded.
    """
    case_id = open_case(stage)
    path = f"/api/v1/cases/{case_id}"

    def attach(index: int) -> int:
        with stage.direct(stage.tokens[DEALER], stage.network()) as client:
            content = f"file {index} ".encode() * 20_000
            answer = client.post(
                f"{path}/files?name={index}.txt", content=content, headers={"Content-Type": "text/plain"}
            )
            return answer.status_code

    files = at_once(110, attach, threads=8)

    def speak(index: int) -> int:
        with stage.direct(stage.tokens[DEALER], stage.network()) as client:
            return client.post(f"{path}/comments", json={"text": f"comment {index} " * 50}).status_code

    comments = at_once(300, speak, threads=8)
    rounds = 0
    with stage.direct(stage.tokens[DEALER], stage.network()) as client:
        for _ in range(30):
            answer = client.post(f"{path}/appeals", json={"statement": "We did not sell it."})
            if not answer.is_success:
                break
            withdrawn = client.post(f"{path}/appeals/{answer.json()['appeal_id']}/withdrawal", json={"remark": "no"})
            rounds += withdrawn.is_success
    yield f"110 files, 300 comments, {rounds} appeals"
    found = []
    with stage.http(stage.tokens[MAKER]) as client:
        own = client.post(f"{path}/files?name=own.txt", content=b"evidence", headers={"Content-Type": "text/plain"})
        if own.status_code != 201:
            found.append(f"the owner's file is refused with {own.status_code}")
    if comments.count(201) == 300:
        found.append("300 comments were taken")
    if rounds == 30:
        found.append("30 appeals were taken")
    needed(files.count(201) > 0, f"no file was taken: {files[:2]}")
    return ", ".join(found)


def bundle_weight(stage: Stage) -> Play:
    """Dealer C and maker A fill a case with the largest files; maker A exports its evidence four times at once.

    Memory stays within its limit, and the exports come.
    """
    case_id = open_case(stage)
    path = f"/api/v1/cases/{case_id}"

    def attach(index: int) -> int:
        content = index.to_bytes(4, "big").hex().encode() + b" weight" * (7 * _MB // 7)
        with stage.direct(stage.tokens[(DEALER, MAKER)[index % 2]], stage.network()) as client:
            headers = {"Content-Type": "text/plain"}
            return client.post(f"{path}/files?name=w{index}.txt", content=content, headers=headers).status_code

    # A share of the party's bytes is left for the attack that follows on the same case.
    taken = at_once(16, attach, threads=4).count(201)

    def export(_: int) -> int:
        with stage.direct(stage.tokens[MAKER]) as client, client.stream("GET", f"{path}/bundle", timeout=60) as answer:
            return sum(len(portion) for portion in answer.iter_bytes()) if answer.is_success else -answer.status_code

    needed(taken, "no file was taken")
    sizes = at_once(4, export, threads=4)
    yield f"{taken} files of 7 MB, 4 exports"
    good = [size for size in sizes if isinstance(size, int) and size > 0]
    return "" if good else f"no export came: {sizes}"


ATTACKS: dict[str, Attack] = {
    "bundle-weight": Attack(bundle_weight, "memory of the resolver"),
    "case-file-hoarding": Attack(case_file_hoarding, "cases"),
}
