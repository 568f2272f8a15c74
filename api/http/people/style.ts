/** The style of the pages for people: one file, nothing from elsewhere; light and dark as the reader has it. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --back: #f6f7f4; --card: #ffffff; --ink: #1c2420; --soft: #55605a; --line: #8a958e; --act: #1f5f43; --on-act: #ffffff;
  --bad: #a3201a; --focus: #1b5fc1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #131815; --card: #1c2320; --ink: #e8ede9; --soft: #a9b5ae; --line: #6d7a72; --act: #7fd0a8; --on-act: #0d2018;
    --bad: #ff9c94; --focus: #8ab8ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 0 auto; padding: 3rem 1rem; }
main.wide { max-width: 44rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.5rem; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
p { margin: 0 0 1rem; }
.soft { color: var(--soft); }
label { display: block; font-weight: 600; margin: 1rem 0 .25rem; }
select { width: 100%; font: inherit; color: inherit; background: var(--back); border: 1px solid var(--line); border-radius: 6px; padding: .55rem .7rem; }
fieldset { border: 1px solid var(--line); border-radius: 6px; margin: 1rem 0 0; padding: .5rem 1rem 1rem; }
input { width: 100%; font: inherit; color: inherit; background: var(--back); border: 1px solid var(--line); border-radius: 6px; padding: .55rem .7rem; }
input:read-only { color: var(--soft); }
button, .button { display: inline-block; font: inherit; font-weight: 600; min-height: 2.75rem; padding: .55rem 1rem; border-radius: 6px;
  border: 1px solid var(--act); background: var(--act); color: var(--on-act); text-decoration: none; cursor: pointer; }
button.plain { background: transparent; color: var(--act); }
form .act { margin-top: 1.5rem; display: flex; gap: .75rem; flex-wrap: wrap; }
form + p { margin-top: 1.25rem; }
.soft:last-child { margin-bottom: 0; }
#hint { margin: .35rem 0 0; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
[role='alert'] { border-left: 4px solid var(--bad); padding: .25rem .75rem; color: var(--bad); }
ul { list-style: none; margin: 0; padding: 0; }
li { display: flex; gap: 1rem; align-items: center; justify-content: space-between; padding: .6rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
`;
