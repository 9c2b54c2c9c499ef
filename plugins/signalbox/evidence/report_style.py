"""The report's style sheet."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#5c6878;--line:#dde2e9;
--ours:#2563c9;--base:#8b97a6;--best:#1d8a5a;--warn:#b4630c}
@media(prefers-color-scheme:dark){:root{--page:#12161c;--card:#1a2029;--ink:#e4e9f0;--soft:#95a1b1;--line:#2d3643;
--ours:#6ea5ff;--base:#76828f;--best:#4cc38a;--warn:#f0a95a}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:820px;margin:0 auto;padding:24px 16px 48px}
header{margin-bottom:20px}
h1{font-size:1.6rem;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:0 0 4px}h2 small{color:var(--soft);font-weight:400;font-size:.85rem;margin-left:6px}
h3{font-size:1rem;margin:26px 0 6px}
p{margin:0 0 10px}.soft{color:var(--soft)}
.over{text-transform:uppercase;letter-spacing:.08em;font-size:.72rem;color:var(--ours);font-weight:600;margin:0}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px;margin:0 0 18px}
.verdict{list-style:none;margin:12px 0 18px;padding:0}
.verdict li{padding:5px 0 5px 14px;border-left:3px solid var(--best);margin:0 0 5px;overflow-wrap:anywhere}
.verdict li.no{border-color:var(--warn)}
.wide{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;min-width:100%}
th,td{text-align:right;padding:5px 10px;border-bottom:1px solid var(--line);white-space:nowrap;vertical-align:baseline}
th{color:var(--soft);font-weight:600;font-size:.85rem}
th:first-child,td:first-child{text-align:left;padding-left:0;white-space:normal;overflow-wrap:anywhere;min-width:8em}
td small{color:var(--soft);font-size:.78rem;margin-left:4px}
.bars{display:grid;grid-template-columns:minmax(7em,max-content) 1fr max-content;gap:7px 12px;align-items:center}
.bars div{display:contents}
.value{font-variant-numeric:tabular-nums;text-align:right}
.bars small{color:var(--soft);font-size:.78rem}
.track{position:relative;height:12px;background:color-mix(in srgb,var(--line) 55%,transparent);border-radius:6px}
.track i{position:absolute;inset:0 auto 0 0;border-radius:6px;background:var(--base)}
.track.ours i{background:var(--ours)}
.track b{position:absolute;top:5px;height:2px;background:var(--ink)}
.track b:before,.track b:after{content:"";position:absolute;top:-3px;width:2px;height:8px;background:var(--ink)}
.track b:after{right:0}
.heat{min-width:0}
.heat td,.heat th{border:0;padding:0;text-align:center}
.heat td{min-width:34px;height:28px;vertical-align:middle;font-size:.75rem;border:1px solid var(--card);
background:color-mix(in srgb,var(--c,var(--warn)) calc(var(--v,0)*75%),color-mix(in srgb,var(--line) 35%,transparent))}
.heat td.hit{--c:var(--ours)}
.heat thead th{vertical-align:bottom;padding:0 0 6px;font-size:.72rem;font-weight:400}
.heat thead span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:150px}
.heat tbody th{text-align:right;padding-right:8px;font-size:.75rem;font-weight:400;white-space:nowrap;min-width:0}
svg{display:block;width:100%;max-width:540px;height:auto;margin:4px auto}
svg text{fill:var(--soft);font:11px system-ui,sans-serif}
.key{display:flex;flex-wrap:wrap;gap:4px 18px;justify-content:center;color:var(--soft);font-size:.85rem}
.key span:before{content:"";display:inline-block;width:18px;border-top:3px solid var(--k);vertical-align:middle;margin-right:6px}
.key .dash:before{border-top-style:dashed}
@media(max-width:560px){td small{display:block;margin:0}th,td{padding:5px 7px}
section{padding:16px 14px}.bars{display:block}
.bars div{display:grid;grid-template:"label value" "track track"/1fr max-content;gap:2px 10px;margin-bottom:10px}
.label{grid-area:label}.value{grid-area:value}.track{grid-area:track}}
@media print{section{break-inside:avoid}}
"""
