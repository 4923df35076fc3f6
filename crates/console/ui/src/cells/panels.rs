//! Header, gauge, tool log, input line and hints in text cells.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use console_graphics::width::text_cells;

use super::Area;
use super::grid::{CellGrid, CellStyle};
use crate::call_text::detail;
use crate::console::{Console, input_facts, placeholder};
use crate::editor::InputRows;
use crate::format::{self, ellipsize, thousands};
use crate::theme;
use crate::view::{
    ChipState, ContextGauge, Header, NoticeLevel, Outcome, Pressure, ToolCall, View,
};

const BORDER: CellStyle = CellStyle::plain(theme::FAINT);
const LABEL: CellStyle = CellStyle::plain(theme::DIM);
const WORDS: CellStyle = CellStyle::plain(theme::TEXT);

/// Draws a border with a title on its upper edge at the left and facts at the right.
pub(super) fn frame(
    grid: &mut CellGrid,
    area: Area,
    title: &str,
    facts: &str,
    facts_style: CellStyle,
) {
    edge(grid, area, area.row, ('┌', '┐'));
    for row in area.row + 1..area.last_row() {
        grid.put(area.column, row, '│', BORDER);
        grid.put(area.end() - 1, row, '│', BORDER);
    }
    edge(grid, area, area.last_row(), ('└', '┘'));
    edge_labels(grid, area, area.row, (title, LABEL), (facts, facts_style));
}

/// Draws a horizontal edge between two corners.
fn edge(grid: &mut CellGrid, area: Area, row: usize, corners: (char, char)) {
    for column in area.column + 1..area.end() - 1 {
        grid.put(column, row, '─', BORDER);
    }
    grid.put(area.column, row, corners.0, BORDER);
    grid.put(area.end() - 1, row, corners.1, BORDER);
}

/// Writes labels into an edge, the right one only if there is room.
pub(super) fn edge_labels(
    grid: &mut CellGrid,
    area: Area,
    row: usize,
    (left, left_style): (&str, CellStyle),
    (right, right_style): (&str, CellStyle),
) {
    let end = area.end() - 2;
    let mut used = area.column + 1;
    if !left.is_empty() {
        used = grid.text(used, row, end, &format!(" {left} "), left_style);
    }
    let width = text_cells(right) + 2;
    if !right.is_empty() && used + width <= end {
        grid.text(end - width, row, end, &format!(" {right} "), right_style);
    }
}

/// Writes text that ends before column `end`; returns where it begins.
pub(super) fn text_right(
    grid: &mut CellGrid,
    end: usize,
    row: usize,
    text: &str,
    style: CellStyle,
) -> usize {
    let start = end.saturating_sub(text_cells(text));
    grid.text(start, row, end, text, style);
    start
}

/// Draws the first row: name and model on the left, the machine on the right.
pub(super) fn header(grid: &mut CellGrid, header: &Header) {
    let columns = grid.columns();
    let at = grid.text(1, 0, columns, "LLM", CellStyle::bold(theme::TEXT));
    let at = grid.text(at + 1, 0, columns, "OS", CellStyle::bold(theme::ACCENT)) + 2;
    let (model, model_style) = if header.model.is_empty() {
        ("no model", CellStyle::bold(theme::TOOL))
    } else {
        (header.model.as_str(), CellStyle::bold(theme::TEXT))
    };
    // Facts in the order in which they stand, each with its rank: the last to go has rank 0.
    let mut facts: Vec<(u8, String)> = Vec::new();
    if let Some(rate) = header.tokens_per_second {
        facts.push((1, format!("{} tok/s", format::rate(rate))));
    }
    if header.cpus > 0 {
        let load = header.cpu_load_percent.map_or(String::new(), |load| format!(" {load}%"));
        facts.push((3, format!("{}cpu{load}", header.cpus)));
    }
    if header.memory_total_mib > 0 {
        facts.push((2, format!("{}/{}M", header.memory_used_mib, header.memory_total_mib)));
    }
    if columns >= 96 {
        facts.push((4, format!("up {}", format::uptime(header.uptime_s))));
    }
    if let Some((hour, minute)) = header.clock {
        facts.push((0, format!("{hour:02}:{minute:02}")));
    }
    let width = |facts: &[(u8, String)]| -> usize {
        facts.iter().map(|(_, text)| text_cells(text) + 1).sum()
    };
    while width(&facts) + at + text_cells(model) + 1 > columns
        && let Some(least) = facts.iter().map(|(rank, _)| *rank).max()
    {
        facts.retain(|(rank, _)| *rank != least);
    }
    let mut end = columns;
    for (rank, text) in facts.iter().rev() {
        let style = if *rank == 1 { WORDS } else { LABEL };
        end = text_right(grid, end, 0, text, style).saturating_sub(1);
    }
    let mut at = grid.text(at, 0, end, model, model_style) + 2;
    for chip in &header.chips {
        if at + text_cells(&chip.label) + 1 > end {
            break;
        }
        let color = match chip.state {
            ChipState::Good => theme::AGENT,
            ChipState::Plain => theme::DIM,
            ChipState::Off => theme::FAINT,
            ChipState::Warning => theme::TOOL,
        };
        at = grid.text(at, 0, end, &chip.label, CellStyle::plain(color)) + 2;
    }
}

/// `63 %`, in the colour of the pressure.
fn percent(gauge: &ContextGauge) -> (String, CellStyle) {
    let style = match gauge.pressure() {
        Pressure::Calm => LABEL,
        pressure => CellStyle::bold(theme::pressure_color(pressure)),
    };
    if gauge.limit == 0 {
        ("no model".into(), LABEL)
    } else {
        (format!("{} %", gauge.percent()), style)
    }
}

/// Draws gauge and log in one frame.
pub(super) fn side(grid: &mut CellGrid, area: Area, view: &View) {
    let gauge = view.context();
    let (share, share_style) = percent(gauge);
    frame(grid, area, "context", &share, share_style);
    let (left, end) = (area.column + 2, area.end() - 2);
    let mut row = area.row + 1;
    let number = CellStyle::bold(theme::pressure_color(gauge.pressure()));
    if gauge.limit == 0 {
        grid.text(left, row, end, "none without a model", LABEL);
    } else {
        let at = grid.text(left, row, end, &thousands(gauge.used()), number);
        grid.text(at, row, end, &format!(" / {} tokens", thousands(gauge.limit)), LABEL);
    }
    row += 1;
    bar(grid, left, row, end, gauge);
    row += 1;
    let half = (end - left) / 2 + 1;
    let legend = [
        ("system", gauge.system, theme::SYSTEM),
        ("you", gauge.user, theme::USER),
        ("agent", gauge.agent, theme::AGENT),
        ("tools", gauge.tools, theme::TOOL),
    ];
    for (index, (label, tokens, color)) in legend.into_iter().enumerate() {
        let from = left + half * (index % 2);
        let to = (from + half - 2).min(end);
        grid.text(from, row + index / 2, to, label, CellStyle::plain(color));
        text_right(grid, to, row + index / 2, &thousands(tokens), WORDS);
    }
    row += 2;
    let times = if gauge.evictions == 1 { "eviction" } else { "evictions" };
    let evicted = format!("evicted {} · {} {times}", thousands(gauge.evicted), gauge.evictions);
    let evicted_style = if gauge.evictions > 0 { WORDS } else { BORDER };
    grid.text(left, row, end, &evicted, evicted_style);
    row += 1;
    log(grid, Area { row, rows: area.rows - (row - area.row), ..area }, view);
}

/// Draws the log and the chart below it; the sides of the frame are there already.
fn log(grid: &mut CellGrid, area: Area, view: &View) {
    if area.rows < 3 {
        return;
    }
    edge(grid, area, area.row, ('├', '┤'));
    let (total, failed) = view.call_counts();
    let counts = if total == 0 { String::new() } else { format!("{total} · {failed}!") };
    let style = if failed > 0 { CellStyle::plain(theme::ERROR) } else { LABEL };
    edge_labels(grid, area, area.row, ("tool log", LABEL), (&counts, style));
    let (left, end) = (area.column + 2, area.end() - 2);
    let chart_row = area.last_row() - 1;
    let longest = view.calls().iter().map(|call| text_cells(&call.name)).max().unwrap_or(0).min(8);
    for (index, shown) in view.calls().iter().enumerate() {
        let row = area.row + 1 + index;
        if row >= chart_row {
            break;
        }
        call(grid, (left, end), row, shown, longest);
    }
    if view.calls().is_empty() && area.row + 1 < chart_row {
        grid.text(left, area.row + 1, end, "no calls yet", BORDER);
    }
    sparkline(grid, left, chart_row, end, view);
}

/// Draws one call on a row.
fn call(
    grid: &mut CellGrid,
    (left, end): (usize, usize),
    row: usize,
    call: &ToolCall,
    name_cells: usize,
) {
    let time = format::hour_minute_second(call.time);
    let at = grid.text(left, row, end, &time, BORDER) + 1;
    let (mark, mark_color) = match call.outcome {
        Outcome::Running => ("…", theme::ACCENT),
        Outcome::Done => ("+", theme::AGENT),
        Outcome::Failed => ("!", theme::ERROR),
    };
    let at = grid.text(at, row, end, mark, CellStyle::bold(mark_color)) + 1;
    let name_color = if call.outcome == Outcome::Failed { theme::ERROR } else { theme::TOOL };
    let name = ellipsize(&call.name, name_cells.max(8));
    let after = grid.text(at, row, end, &name, CellStyle::plain(name_color));
    let at = after.max(at + name_cells) + 1;
    let duration =
        call.duration_us.map_or(String::new(), |us| format::duration(us).replace(' ', ""));
    let stop = text_right(grid, end, row, &duration, BORDER).saturating_sub(1);
    // In few columns the result alone says most.
    let room = stop.saturating_sub(at);
    let text = if room < 20 && !call.result.is_empty() {
        ellipsize(&call.result, room)
    } else {
        detail(call, room)
    };
    grid.text(at, row, stop, &text, LABEL);
}

/// Draws the bar split by role, the free part, and the mark at which eviction begins.
fn bar(grid: &mut CellGrid, left: usize, row: usize, end: usize, gauge: &ContextGauge) {
    let cells = end.saturating_sub(left);
    let limit = gauge.limit.max(gauge.used()).max(1) as usize;
    let place = |tokens: u32| tokens as usize * cells / limit;
    for column in left..end {
        grid.put(column, row, '░', BORDER);
    }
    // The shade tells the parts apart where there is no colour.
    let parts = [
        (gauge.system, '█', theme::SYSTEM),
        (gauge.user, '▓', theme::USER),
        (gauge.agent, '█', theme::AGENT),
        (gauge.tools, '▒', theme::TOOL),
    ];
    let mut before = 0;
    for (tokens, shade, color) in parts {
        let (from, to) = (place(before), place(before + tokens));
        before += tokens;
        // What is there is shown, be it ever so little.
        let to = to.max(from + usize::from(tokens > 0)).min(cells);
        for column in from..to {
            grid.put(left + column, row, shade, CellStyle::plain(color));
        }
    }
    if let Some(mark) = gauge.high_mark.filter(|_| gauge.limit > 0) {
        let column = place(mark.min(gauge.limit)).min(cells.saturating_sub(1));
        grid.put(left + column, row, '|', CellStyle::bold(theme::ERROR));
    }
}

/// Draws the tokens a second of the last minute, the newest at the right edge.
fn sparkline(grid: &mut CellGrid, left: usize, row: usize, end: usize, view: &View) {
    let at = grid.text(left, row, end, "tok/s ", LABEL);
    let cells = end.saturating_sub(at);
    let peak = view.rates().iter().copied().fold(0.0, f32::max);
    let shown = view.rates().len().min(cells);
    let newest = view.rates().iter().skip(view.rates().len() - shown);
    for (index, rate) in newest.enumerate() {
        let level = if peak > 0.0 { (rate / peak * 7.0 + 0.5) as u32 } else { 0 };
        let block = char::from_u32('▁' as u32 + level.min(7)).unwrap_or('█');
        let color = if level == 0 { theme::FAINT } else { theme::ACCENT };
        grid.put(end - shown + index, row, block, CellStyle::plain(color));
    }
}

/// Draws the gauge on one row, for narrow screens.
pub(super) fn gauge_line(grid: &mut CellGrid, row: usize, gauge: &ContextGauge) {
    let columns = grid.columns();
    let number = CellStyle::bold(theme::pressure_color(gauge.pressure()));
    let at = grid.text(1, row, columns, &thousands(gauge.used()), number);
    let at = grid.text(at, row, columns, &format!("/{} ", thousands(gauge.limit)), LABEL);
    let (share, style) = percent(gauge);
    let end = text_right(grid, columns - 1, row, &share, style).saturating_sub(1);
    bar(grid, at, row, end, gauge);
}

/// Draws the latest call on one row, for narrow screens.
pub(super) fn ticker(grid: &mut CellGrid, row: usize, view: &View) {
    let end = grid.columns() - 1;
    match view.calls().front() {
        Some(latest) => call(grid, (1, end), row, latest, text_cells(&latest.name)),
        None => _ = grid.text(1, row, end, "no tool calls yet", BORDER),
    }
}

/// Draws the rows around the cursor, and places the cursor.
pub(super) fn input(
    grid: &mut CellGrid,
    first_row: usize,
    console: &Console,
    rows: &InputRows,
    height: usize,
    prompt: usize,
) {
    let columns = grid.columns();
    let window = rows.window(height);
    let mark = if window.start == 0 { "›" } else { "…" };
    grid.text(1, first_row, columns, mark, CellStyle::bold(theme::ACCENT));
    let text = console.editor().text();
    for (line, range) in rows.rows[window.clone()].iter().enumerate() {
        grid.text(prompt, first_row + line, columns, &text[range.clone()], WORDS);
    }
    if text.is_empty() && console.search_query().is_none() {
        let words = placeholder(console);
        grid.text(prompt + 1, first_row, columns, words, BORDER);
    }
    let facts = ellipsize(&input_facts(console), 16);
    text_right(grid, columns - 1, first_row, &facts, BORDER);
    grid.cursor = (
        (prompt + rows.cursor_cells).min(columns - 1),
        first_row + rows.cursor_row.saturating_sub(window.start),
    );
}

/// Draws the keys that work now, or the commands that match, and the notice.
pub(super) fn hints(grid: &mut CellGrid, row: usize, console: &Console) {
    let columns = grid.columns();
    let mut end = columns - 1;
    if let Some(notice) = console.notice() {
        let style = match notice.level {
            NoticeLevel::Info => LABEL,
            NoticeLevel::Warning => CellStyle::plain(theme::TOOL),
        };
        let text = ellipsize(&notice.text, columns * 3 / 5);
        end = text_right(grid, end, row, &text, style).saturating_sub(2);
    }
    let mut at = 1;
    if console.matching_commands().next().is_some() {
        for command in console.matching_commands() {
            if at + text_cells(command) > end {
                break;
            }
            at = grid.text(at, row, end, command, CellStyle::plain(theme::ACCENT)) + 2;
        }
        return;
    }
    for (key, words) in console.hints() {
        if at + text_cells(key) + 1 + text_cells(words) > end {
            break;
        }
        at = grid.text(at, row, end, key, LABEL) + 1;
        at = grid.text(at, row, end, words, BORDER) + 2;
    }
}
