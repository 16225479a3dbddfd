"""docs/performance.svg: each test as a share of what the machine could do at most, so that prefill
and decoding, small models and large ones stand side by side."""

from xml.sax.saxutils import escape

WIDTH, LABELS, VALUES = 760, 300, 60
BAR, GAP, HEAD = 13, 9, 24
COLOURS = ["#0b6e99", "#d98c1f", "#8a8f98"]


def text(x, y, content, weight="normal", anchor="start"):
    return (f'<text x="{x:.1f}" y="{y}" font-weight="{weight}" text-anchor="{anchor}">'
            f"{escape(content)}</text>\n")


def rectangle(x, y, width, height, colour):
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>\n'


def draw(reports, others, row_name):
    programs = ["ingle", *others]
    body, y = "", 0
    for program, colour in zip(programs, COLOURS):
        body += rectangle(0, y, 11, 11, colour) + text(17, y + 10, program)
        y += 16
    y += GAP
    scale = WIDTH - LABELS - VALUES
    top = y
    for name, report in reports.items():
        body += text(0, y + 13, name, "bold")
        y += HEAD
        for row in report["results"]:
            speeds = {"ingle": row["tokens_per_second"]}
            speeds.update((other["name"], other["tokens_per_second"])
                          for other in row.get("against", []))
            body += text(12, y + 11, row_name(row))
            for program, colour in zip(programs, COLOURS):
                if program not in speeds:
                    continue
                share = speeds[program] / row["limit"]
                body += rectangle(LABELS, y, scale * min(share, 1), BAR - 2, colour)
                body += text(LABELS + scale * min(share, 1) + 5, y + 10,
                             f"{100 * share:.0f}%")
                y += BAR
            y += GAP
    limit = LABELS + scale
    body += (f'<line x1="{limit}" y1="{top}" x2="{limit}" y2="{y}" stroke="#444"/>\n' +
             text(limit, top - 4, "the machine's limit", anchor="end"))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -10 {WIDTH + 20} {y + 20}" '
            'font-family="sans-serif" font-size="12" role="img">\n'
            "<title>Shares of the machine's limit</title>\n"
            f'<rect x="-10" y="-10" width="{WIDTH + 20}" height="{y + 20}" fill="#fff"/>\n'
            f"{body}</svg>\n")
