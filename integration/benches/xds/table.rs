//! How figures are printed: a row each, a column a side.

use serde_json::Value;

use crate::{run::Sides, side::Side};

/// What a figure of netloft's is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    /// This, at most.
    AtMost(f64),
    /// This many times less than the better of the others, at least.
    Factor(f64),
    /// It is printed only.
    Nothing,
}

/// The figure at `pointer` of a report; memory in KiB.
pub(crate) fn figure(report: &Value, pointer: &str) -> Option<f64> {
    let figure = report.pointer(pointer)?.as_f64()?;
    Some(if pointer.ends_with("memoryEach") {
        figure / 1024.0
    } else {
        figure
    })
}

/// Prints the figures at `pointer` of all sides; netloft's.
pub(crate) fn rows(what: &str, sides: &Sides, pointer: &str, goal: Goal) -> Option<f64> {
    let figures: Vec<_> = sides
        .iter()
        .map(|(side, report)| (*side, figure(report, pointer)))
        .collect();
    row(what, &figures, goal);
    figures.iter().find(|(side, _)| *side == Side::Netloft)?.1
}

/// Prints one row, with its verdict.
pub(crate) fn row(what: &str, figures: &[(Side, Option<f64>)], goal: Goal) {
    let ours = figures.iter().find(|(side, _)| *side == Side::Netloft);
    let others = figures.iter().filter(|(side, _)| *side != Side::Netloft);
    let best = others.filter_map(|(_, figure)| *figure).reduce(f64::min);
    let columns: String = figures
        .iter()
        .map(|(side, figure)| match figure {
            Some(figure) => format!("  {side} {figure:>10.1}"),
            None => format!("  {side} {:>10}", "-"),
        })
        .collect();
    let ours = ours.and_then(|(_, figure)| *figure);
    let verdict = |met| if met { "met" } else { "MISSED" };
    let verdict = match (goal, ours, best) {
        (Goal::AtMost(most), Some(ours), _) => {
            format!("  goal <= {most}: {}", verdict(ours <= most))
        }
        (Goal::Factor(factor), Some(ours), Some(best)) => format!(
            "  1/{:.1} of the best, goal 1/{factor}: {}",
            best / ours,
            verdict(ours * factor <= best)
        ),
        _ => String::new(),
    };
    println!("  {what:<38}{columns}{verdict}");
}
