"""Changed items are weighed alone in the context of the last whole pass, as that pass would have weighed them."""

import pickle

import pytest

from gateway.assess.standing import Standing
from gateway.evidence.model import fitted_model
from schemas.subject import ItemSubject, parse_subject
from tests.support.goods import assessed, item, scan

DEALERS = 8


def of_items(findings):
    found = {}
    for finding in findings:
        if isinstance(parse_subject(finding.subject), ItemSubject):
            found.setdefault(finding.subject, []).append(finding)
    return found


@pytest.fixture(scope="module")
def goods():
    """Trade at home; a diverted lane of whole cases; copies far away; a ring of refillers; a shop that tries codes."""
    found = [item(n, n % DEALERS, [scan(n / 20, f"buyer{n}", n % DEALERS, km=n % 9)]) for n in range(800)]
    found += [item(n, 2, [scan(30 + n / 400, f"buyer{n}", 6)], case=f"case-{n // 6}") for n in range(800, 830)]
    for n in range(830, 840):
        found.append(item(n, 1, [scan(20 + 9 * k + n / 90, f"copy{n}-{k}", (n + 2 * k) % DEALERS) for k in range(5)]))
    for n in range(840, 880):
        opened = [scan(n / 40, f"guest{n}", 0, opened=True)]
        found.append(item(n, 0, [*opened, scan(n / 40 + 16, f"later{n}", 0, km=40)] if n < 845 else opened))
    found += [item(n, 3, [scan(10, "shop", 3), scan(12, f"b{n}", 3)]) for n in range(880, 890)]
    return sorted(found, key=lambda each: each.item_id)


@pytest.fixture(scope="module")
def whole(goods):
    """The findings about items of a pass over everything, and what it leaves."""
    done = assessed(goods, DEALERS)
    return of_items(done.findings()), Standing(done, fitted_model())


def test_an_item_alone_gets_the_findings_that_it_has_among_all(goods, whole):
    found, standing = whole
    assert len(found) > 10
    alone = {}
    for each in goods:
        alone |= of_items(standing.findings([each]))
    assert alone == found


def test_a_thousand_items_at_once_get_what_each_gets_alone(goods, whole):
    found, standing = whole
    assert of_items(standing.findings(goods[::-1])) == found


def test_what_stands_takes_no_more_room_with_more_goods(goods):
    more = [item(n, n % DEALERS, [scan(n / 200, f"buyer{n}", n % DEALERS)]) for n in range(1000, 3000)]
    sizes = [len(pickle.dumps(Standing(assessed(own, DEALERS), fitted_model()))) for own in (goods, [*goods, *more])]
    assert sizes[1] < 1.1 * sizes[0]


def test_more_looks_at_a_changed_item_change_its_finding_alone(goods, whole):
    found, standing = whole
    quiet = next(each for each in goods if each.item_id not in found)
    far = [scan(40 + 8 * k, f"more{k}", (k * 2 + 3) % DEALERS) for k in range(6)]
    (changed,) = standing.findings([item(quiet.index, quiet.index % DEALERS, [*quiet.evidence.scans, *far])])
    assert (changed.subject, changed.rule) == (quiet.item_id, "copied_evidence")
