"""What the started demo prints: codes to scan, questions to ask, open incidents."""

import io
from collections.abc import Mapping, Sequence

import qrcode
from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from scripts.commands.up.acceptance import VERDICTS, path_of

_ABOUT = {
    "genuine": "正品 genuine",
    "copied": "被复制 copied: sold at a till, and found by an inspector far away",
    "diverted": "窜货 diverted: found by an inspector outside its territory, on a lane that phones showed",
    "forged": "伪造 forged: nobody issued this serial",
    "recalled": "召回 recalled",
}


def show(console: Console, base_url: str, samples: Mapping[str, str], tokens: Mapping[str, str]) -> None:
    """Print the sample codes as QR and URL, then what maker and regulator can ask."""
    console.rule("[bold]Codes to scan or to open")
    console.print(Columns([_panel(verdict, samples[verdict]) for verdict in VERDICTS], padding=(0, 1)))
    for verdict in VERDICTS:
        console.print(f"[bold]{_ABOUT[verdict]}")
        console.print(f"  {base_url}{path_of(samples[verdict])}", soft_wrap=True, highlight=False)
    names, values = list(tokens), list(tokens.values())
    console.rule("[bold]Questions to ask")
    ask = 'curl -s -H "Authorization: Bearer {}" "{}{}"'
    item = path_of(samples["genuine"])
    questions = (
        ("regulator: a unit's whole history", ask.format(values[-1], base_url, f"/api/v1/history?item={item}")),
        ("regulator: where the copied codes leaked", ask.format(values[-1], base_url, "/api/v1/leaks")),
        ("regulator: the same as a page, with a map (paste the token)", f"{base_url}/leaks"),
        ("maker: the alerts with their evidence", ask.format(values[0], base_url, "/api/v1/alerts")),
        (
            "maker: what others claim of its goods (one dealer lies about another's)",
            ask.format(values[0], base_url, "/api/v1/claims"),
        ),
        (
            "maker: the alert about the dealer who lies",
            ask.format(values[0], base_url, "/api/v1/alerts?kind=device"),
        ),
        ("everyone: the keys of signed codes", f"curl -s {base_url}/.well-known/jwks.json"),
        ("developers: the API with examples", f"{base_url}/docs"),
    )
    for who, command in questions:
        console.print(f"[bold]{who}")
        # In one piece however narrow the terminal is: it is there to be copied.
        console.print(f"  {command}", soft_wrap=True, highlight=False, markup=False)
    console.print(f"[dim]The tokens are those of {names[0]} (maker) and {names[-1]} (regulator).")


def alerts_table(incidents: Sequence[Mapping[str, object]]) -> Table:
    """The open incidents, the weightiest first."""
    table = Table(title="Open incidents 预警", title_justify="left")
    for heading in ("kind", "subject", "since (UTC)", "items", "findings"):
        table.add_column(heading, overflow="fold")
    for incident in incidents:
        since = str(incident["opened_at"])[:16].replace("T", " ")
        counts = str(incident["members"]), str(incident["findings"])
        table.add_row(str(incident["kind"]), str(incident["subject"]), since, *counts)
    return table


def _panel(verdict: str, uri: str) -> Panel:
    return Panel.fit(Text(terminal_qr(uri), no_wrap=True), title=verdict)


def terminal_qr(uri: str) -> str:
    """The code as text of half blocks, light on dark as terminals are, with its quiet zone."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, border=2)
    code.add_data(uri)
    code.make(fit=True)
    out = io.StringIO()
    code.print_ascii(out, invert=True)
    return out.getvalue().rstrip("\n")
