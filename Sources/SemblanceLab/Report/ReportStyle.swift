/// The look of reports: one style sheet inside the page, in light and dark, narrow and wide.
enum ReportStyle {
    static let css = """
        :root { color-scheme: light dark;
          --page: light-dark(#f8f7f6, #121318); --surface: light-dark(#fff, #1b1c22);
          --sunken: light-dark(#eeedeb, #25262d); --line: light-dark(#e2e0dd, #33353d);
          --ink: light-dark(#17181d, #f3f2ef); --soft: light-dark(#484a52, #bcbec6);
          --faint: light-dark(#64666f, #979aa4); --right: light-dark(#0b7a52, #4fcf9b);
          --wrong: light-dark(#b3372b, #f08b7d); --first: light-dark(#0b7a52, #4fcf9b);
          --second: light-dark(#5b4bc4, #a99cff); --mat: light-dark(#fff, #ecebe8); }
        *, *::before, *::after { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body { margin: 0; background: var(--page); color: var(--ink); overflow-wrap: break-word;
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, Cantarell, "Noto Sans", sans-serif; }
        main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
        h1 { font-size: clamp(1.5rem, 1.1rem + 2vw, 2.1rem); line-height: 1.15; letter-spacing: -.02em; margin: 0;
          text-wrap: balance; }
        h2 { font-size: 1.2rem; letter-spacing: -.01em; margin: 0 0 .35rem; }
        h3 { font-size: 1rem; margin: 1.6rem 0 .2rem; }
        p { margin: .4rem 0; text-wrap: pretty; } .lead { color: var(--soft); max-width: 48rem; }
        small, .faint { color: var(--faint); font-size: .84rem; } .number { font-variant-numeric: tabular-nums; }
        section { margin-top: 2.6rem; } .card { background: var(--surface); border: 1px solid var(--line);
          border-radius: 14px; padding: 1.1rem 1.2rem; min-width: 0; }
        .tiles { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr));
          margin-top: 1.4rem; }
        .tile b { display: block; font-size: 1.75rem; line-height: 1.2; font-weight: 640; letter-spacing: -.02em;
          font-variant-numeric: tabular-nums; }
        .tile span { color: var(--soft); font-size: .9rem; } .tile small { display: block; }
        .pair { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
        .chart { display: block; width: 100%; max-width: 34rem; height: auto; margin: .5rem auto 0; }
        .chart.broad { max-width: 46rem; } ul { margin: .4rem 0; padding-left: 1.2rem; }
        .grid { stroke: var(--line); stroke-width: 1; } .tick { font-size: 10.5px; fill: var(--faint); }
        .tick.strong { fill: var(--ink); font-weight: 600; } .axis { font-size: 11px; fill: var(--soft); }
        .line { fill: none; stroke-width: 2; stroke-linejoin: round; } .line.first { stroke: var(--first); }
        .line.second { stroke: var(--second); stroke-dasharray: 5 3; } circle.first { fill: var(--first); }
        circle.other { fill: var(--faint); }
        circle.second { fill: var(--second); }
        .area { stroke-width: 1.5; fill-opacity: .28; } .area.right { fill: var(--right); stroke: var(--right); }
        .area.wrong { fill: var(--wrong); stroke: var(--wrong); stroke-dasharray: 4 2; }
        .mark { stroke: var(--ink); stroke-width: 1.5; }
        .legend > span { white-space: nowrap; } .legend { font-size: .86rem; color: var(--soft); text-align: center; }
        .key { display: inline-block; width: .8em; height: .8em; border-radius: 3px; margin: 0 .4em 0 .8em; }
        .key.right, .key.first { background: var(--right); } .key.wrong { background: var(--wrong); }
        .key.second { background: var(--second); }
        .bars { display: grid; gap: .45rem; margin-top: .8rem; }
        .bar { display: grid; grid-template-columns: minmax(6rem, 15rem) 1fr auto; gap: .75rem; align-items: center;
          font-size: .92rem; line-height: 1.3; }
        .bar svg { width: 100%; display: block; border-radius: 3px; } .track { fill: var(--sunken); }
        .bar-values { display: grid; text-align: right; line-height: 14px; }
        .fill.first { fill: var(--first); fill-opacity: .72; } .fill.second { fill: var(--second); fill-opacity: .72; }
        .whisker { stroke: var(--ink); stroke-width: 1.3; vector-effect: non-scaling-stroke; }
        .scroll { overflow-x: auto; max-width: 100%; } .text { min-width: 22rem; } .confusion { display: block; margin: .4rem 0; }
        .confusion .right { fill: var(--right); } .confusion .wrong { fill: var(--wrong); }
        .count { font-size: 9px; fill: var(--ink); } .count.light { fill: light-dark(#fff, #101114); }
        table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
        th { text-align: left; font-weight: 600; color: var(--soft); } th small { font-weight: 400; }
          tbody th { min-width: 5.5rem; } .narrow { display: none; } .query b { overflow-wrap: anywhere; } th, td { padding: .34rem .8rem .34rem 0;
          border-bottom: 1px solid var(--line); vertical-align: top; }
        th.n, td.n { text-align: right; padding-right: 1rem; white-space: nowrap; }
        .query { padding: .9rem 0; border-top: 1px solid var(--line); } .query:first-of-type { border-top: 0; }
        .query p { margin: 0 0 .45rem; font-size: .92rem; }
        .strip { display: flex; gap: .5rem; flex-wrap: wrap; list-style: none; margin: 0; padding: 0; }
        .strip li { width: 5.4rem; overflow-wrap: anywhere; font-size: .75rem; line-height: 1.25; color: var(--soft); }
        .shot { position: relative; display: grid; place-items: center; width: 5.4rem; height: 5.4rem;
          background: var(--mat); border: 1px solid var(--line); border-radius: 9px; overflow: hidden;
          margin-bottom: .2rem; color: #555; text-align: center; }
        .shot img { max-width: 100%; max-height: 100%; object-fit: contain; display: block; }
        .asked .shot { border: 2px solid var(--ink); } .asked { margin-right: .6rem; }
        .hit .shot { border: 2px solid var(--right); } .miss .shot { border: 2px dashed var(--wrong); }
        .badge { position: absolute; right: 0; bottom: 0; padding: 0 .4em; border-radius: 7px 0 0 0; font-size: .72rem;
          font-weight: 700; color: light-dark(#fff, #101114); }
        .hit .badge { background: var(--right); } .miss .badge { background: var(--wrong); }
        .ranking { display: grid; grid-template-columns: 1fr; gap: .5rem; margin-top: .5rem; }
        .ranking > p { margin: 0; } .better { color: var(--right); } .worse { color: var(--wrong); }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: .4rem 0;
          font-size: .92rem; } dt { color: var(--soft); } dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
        summary { cursor: pointer; font-weight: 600; } footer { margin-top: 3rem; color: var(--faint); font-size: .84rem; }
        :focus-visible { outline: 2px solid var(--first); outline-offset: 2px; }
        @media (max-width: 34rem) { main { padding: 1.3rem .85rem 3rem; } .card { padding: .9rem; }
          .bar { grid-template-columns: 1fr auto; } .bar-label { grid-column: 1 / -1; margin-bottom: -.35rem; }
          .tiles { grid-template-columns: 1fr 1fr; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; }
          .strip li, .shot { width: 4.6rem; } .shot { height: 4.6rem; }
          .wide { display: none; } .narrow { display: block; } }
        @media print { body { background: #fff; } .card { break-inside: avoid; } }
        """
}
