/** Light and dark by the reader's system; readable on a phone and on paper. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #c8ced6; --soft: #eef1f4; --active: #1a7f4b; --standby: #8fa8c4; --off: #d6dade; --lost: #c62828; --down: #f6c9c5 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --paper: #14171a; --line: #3c434b; --soft: #20252a; --active: #3fb57c; --standby: #4c6685; --off: #33393f; --lost: #ff6b62; --down: #55302e } }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
h1 { margin: 0; font-size: 1.5rem } h2 { margin: 2rem 0 .5rem; font-size: 1.15rem }
pre { overflow-x: auto; padding: .5rem; background: var(--soft); font-size: .8rem; line-height: 1.4 }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .9rem }
th, td { padding: .25rem .5rem; border-bottom: 1px solid var(--line); text-align: left; font-weight: normal; vertical-align: middle }
thead th { font-weight: 600 } figure { margin: .75rem 0 } svg { display: block; width: 100% }
.part { fill: var(--standby) } .detection { fill: var(--active) } .up { fill: var(--soft) } .down { fill: var(--down) } .lost { fill: var(--lost) }
.role.active { fill: var(--active) } .role.standby { fill: var(--standby) } .role.none { fill: var(--off) }
.lanes .lane { width: 60% } .lane svg { height: 14px } td.active { font-weight: 700 }
input[type=range] { width: min(28rem, 60vw); vertical-align: middle } .files { columns: 16rem; font-size: .85rem }
@media (max-width: 600px) { .lanes .lane { width: 35% } .lanes { font-size: .75rem } }
@media print { body { max-width: none; font-size: 11px } pre { white-space: pre-wrap } input, button, output, label { display: none } figure, tr { break-inside: avoid } }
`
