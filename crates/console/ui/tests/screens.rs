//! The console as people see it: whole screens as text, and redrawing only what changed.

#[path = "../examples/gallery/demo.rs"]
mod demo;

use std::fmt::Write;

use console_graphics::{FramebufferTarget, Rectangle};
use console_ui::pixel::layout::Layout;
use console_ui::pixel::metrics::Metrics;
use console_ui::{
    CellConsole, ClockTime, Console, ContextGauge, Header, Notice, NoticeLevel, Outcome,
    PixelConsole, Prefill, Role, theme,
};
use proptest::prelude::*;
use system_platform::{Key, KeyEvent};

const NOON: ClockTime = ClockTime { hour: 12, minute: 0, second: 0 };

/// Compares with a golden file; `UPDATE_GOLDEN=1` writes it instead.
fn assert_golden(name: &str, screen: &str) {
    let file = format!("{}/tests/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, screen).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    if golden != screen {
        let mut message = format!("{file} differs (UPDATE_GOLDEN=1 takes the new screen):\n");
        let mut lines = golden.lines();
        for line in screen.lines() {
            let old = lines.next().unwrap_or("");
            let mark = if old == line { ' ' } else { '>' };
            writeln!(message, "{mark}{line}").unwrap();
        }
        panic!("{message}");
    }
}

fn cells(console: &Console, columns: usize, rows: usize) -> String {
    CellConsole::new(columns, rows).render(console).to_text()
}

#[test]
fn a_conversation_in_80_by_25_cells() {
    assert_golden("talk-80x25", &cells(&demo::conversation(), 80, 25));
}

#[test]
fn a_conversation_in_40_by_12_cells() {
    assert_golden("talk-40x12", &cells(&demo::conversation(), 40, 12));
}

#[test]
fn a_machine_without_a_model_in_80_by_25_cells() {
    assert_golden("no-model-80x25", &cells(&demo::no_model(), 80, 25));
}

#[test]
fn a_command_being_typed_in_80_by_25_cells() {
    assert_golden("typing-80x25", &cells(&demo::typing(), 80, 25));
}

#[test]
fn markdown_in_120_by_40_cells() {
    assert_golden("markdown-120x40", &cells(&demo::markdown(), 120, 40));
}

#[test]
fn no_size_of_grid_is_too_small() {
    for console in demo::scenes().map(|(_, scene)| scene()) {
        for (columns, rows) in [(1, 1), (5, 3), (20, 6), (40, 12), (71, 9), (72, 4), (200, 60)] {
            let mut screen = CellConsole::new(columns, rows);
            let grid = screen.render(&console);
            assert_eq!((grid.columns(), grid.rows()), (columns, rows));
            assert!(grid.cursor.0 < columns && grid.cursor.1 < rows, "{columns}x{rows}");
        }
    }
}

/// A screen that holds what was copied to it.
struct Screen {
    width: usize,
    pixels: Vec<u32>,
}

impl FramebufferTarget for Screen {
    fn write_row(&mut self, x: usize, y: usize, pixels: &[u32]) {
        let at = y * self.width + x;
        self.pixels[at..at + pixels.len()].copy_from_slice(pixels);
    }
}

/// A console drawn and copied whole.
fn drawn(console: &Console, width: usize, height: usize) -> (PixelConsole, Screen) {
    let mut renderer = PixelConsole::new(width, height);
    let mut screen = Screen { width, pixels: vec![u32::MAX; width * height] };
    renderer.render(console);
    renderer.flush(&mut screen);
    (renderer, screen)
}

/// Whether all damage lies in the given areas.
fn is_confined(renderer: &PixelConsole, areas: &[Rectangle]) -> bool {
    let mut damage = renderer.canvas().buffer.damage().areas();
    damage.all(|damaged| areas.iter().any(|area| area.intersection(&damaged) == damaged))
}

#[test]
fn a_token_redraws_its_line_alone() {
    let mut console = demo::conversation();
    let reply = console.view.entries().back().unwrap().id();
    let (mut renderer, mut screen) = drawn(&console, 1280, 800);
    console.view.append(reply, "ere");
    renderer.render(&console);
    let copied = renderer.flush(&mut screen);
    assert!(copied > 0 && copied <= 800 * 30, "{copied}");
}

#[test]
fn a_key_redraws_the_input_line_alone() {
    let mut console = demo::conversation();
    let (mut renderer, _) = drawn(&console, 1280, 800);
    console.handle_key(KeyEvent::plain(Key::Char('x')));
    renderer.render(&console);
    assert!(!renderer.canvas().buffer.damage().is_empty());
    let layout = Layout::new(1280, 800, &Metrics::for_screen(1280, 800), 1);
    assert!(is_confined(&renderer, &[layout.input, layout.hints]));
}

#[test]
fn nothing_changed_means_nothing_drawn() {
    let console = demo::conversation();
    let (mut renderer, _) = drawn(&console, 1280, 800);
    renderer.render(&console);
    assert!(renderer.canvas().buffer.damage().is_empty());
}

#[test]
fn every_role_is_seen_in_its_colour_on_every_size_of_screen() {
    for (width, height) in [(640, 480), (1024, 768), (1280, 800), (1920, 1080), (3840, 2160)] {
        let (renderer, _) = drawn(&demo::conversation(), width, height);
        let pixels = renderer.canvas().buffer.pixels();
        for color in [theme::USER, theme::AGENT, theme::TOOL, theme::SYSTEM, theme::ERROR] {
            let count = pixels.iter().filter(|&&pixel| pixel == color.0).count();
            assert!(count > 20, "{color:?} on {width}x{height}: {count} pixels");
        }
        let ground = pixels.iter().filter(|&&pixel| pixel == theme::PANEL.0).count();
        assert!(ground > width * height / 2, "the cards cover most of {width}x{height}");
    }
}

/// Something that happens to a console.
#[derive(Clone, Debug)]
enum Step {
    Say(Role, String),
    Begin,
    Append(String),
    Stats(u32),
    Finish,
    Call,
    EndCall(Outcome),
    Gauge(u32),
    Rate(u8),
    Busy(bool),
    Notice(bool),
    Prefill(Option<u32>),
    Model(bool),
    Key(KeyEvent),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    let role =
        prop_oneof![Just(Role::User), Just(Role::Agent), Just(Role::System), Just(Role::Error)];
    let key = prop_oneof![
        Just(KeyEvent::plain(Key::Char('a'))),
        Just(KeyEvent::plain(Key::Char('/'))),
        Just(KeyEvent::plain(Key::Backspace)),
        Just(KeyEvent::plain(Key::Left)),
        Just(KeyEvent::alt(Key::Enter)),
        Just(KeyEvent::plain(Key::Enter)),
        Just(KeyEvent::plain(Key::PageUp)),
        Just(KeyEvent::plain(Key::PageDown)),
        Just(KeyEvent::ctrl(Key::Up)),
        Just(KeyEvent::ctrl(Key::Char('r'))),
        Just(KeyEvent::ctrl(Key::Char('l'))),
    ];
    prop_oneof![
        2 => (role, "[a-z `*\n]{1,90}").prop_map(|(role, text)| Step::Say(role, text)),
        2 => Just(Step::Begin),
        6 => "[a-z `*\n]{1,20}|```\n".prop_map(Step::Append),
        1 => (0u32..99).prop_map(Step::Stats),
        1 => Just(Step::Finish),
        1 => Just(Step::Call),
        1 => prop_oneof![Just(Outcome::Done), Just(Outcome::Failed)].prop_map(Step::EndCall),
        1 => (0u32..2100).prop_map(Step::Gauge),
        1 => any::<u8>().prop_map(Step::Rate),
        1 => any::<bool>().prop_map(Step::Busy),
        1 => any::<bool>().prop_map(Step::Notice),
        1 => prop::option::of(0u32..500).prop_map(Step::Prefill),
        1 => any::<bool>().prop_map(Step::Model),
        6 => key.prop_map(Step::Key),
        1 => Just(Step::Clear),
    ]
}

/// Lets steps happen to a console; remembers which entry and which call are open.
struct Story {
    console: Console,
    reply: Option<console_ui::EntryId>,
    call: Option<console_ui::CallId>,
}

impl Story {
    fn take(&mut self, step: &Step) {
        let view = &mut self.console.view;
        match step {
            Step::Say(role, text) => _ = view.push_entry(*role, text, NOON),
            Step::Begin => self.reply = Some(view.begin_entry(Role::Agent, NOON)),
            Step::Append(text) => {
                if let Some(reply) = self.reply {
                    view.append(reply, text);
                }
            }
            Step::Stats(tokens) => {
                if let Some(reply) = self.reply {
                    view.set_entry_stats(reply, *tokens, Some(3.5));
                }
            }
            Step::Finish => {
                if let Some(reply) = self.reply.take() {
                    view.finish_entry(reply);
                }
            }
            Step::Call => self.call = Some(view.begin_call("calc", "{\"expr\":\"6*7\"}", NOON)),
            Step::EndCall(outcome) => {
                if let Some(call) = self.call.take() {
                    view.finish_call(call, "42", 1200, *outcome);
                }
            }
            Step::Gauge(agent) => view.set_context(ContextGauge {
                limit: 2048,
                agent: *agent,
                high_mark: Some(1740),
                ..ContextGauge::default()
            }),
            Step::Rate(rate) => view.push_rate(f32::from(*rate)),
            Step::Busy(is_busy) => view.set_busy(*is_busy),
            Step::Notice(is_shown) => {
                let notice = Notice { level: NoticeLevel::Warning, text: "look out".into() };
                view.set_notice(is_shown.then_some(notice));
            }
            Step::Prefill(done) => {
                view.set_prefill(done.map(|done| Prefill { done, total: 500 }));
            }
            Step::Model(is_there) => view.set_header(Header {
                model: if *is_there { "SmolLM2".into() } else { String::new() },
                uptime_s: view.header().uptime_s + 1,
                ..Header::default()
            }),
            Step::Key(key) => _ = self.console.handle_key(*key),
            Step::Clear => view.clear_transcript(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn redrawing_in_parts_ends_in_the_same_picture_as_drawing_anew(
        steps in prop::collection::vec(step(), 1..40),
        size in prop_oneof![Just((640, 480)), Just((1024, 768)), Just((1280, 800))],
    ) {
        let (width, height) = size;
        let mut story = Story { console: demo::empty(), reply: None, call: None };
        let (mut renderer, mut screen) = drawn(&story.console, width, height);
        for step in &steps {
            story.take(step);
            renderer.render(&story.console);
            renderer.flush(&mut screen);
        }
        // The scroll position belongs to the renderer: compare at the newest rows.
        story.console.handle_key(KeyEvent::ctrl(Key::End));
        renderer.render(&story.console);
        renderer.flush(&mut screen);
        let (fresh, _) = drawn(&story.console, width, height);
        prop_assert!(screen.pixels == renderer.canvas().buffer.pixels(), "the screen lags behind");
        let different = screen.pixels.iter().zip(fresh.canvas().buffer.pixels()).position(|(a, b)| a != b);
        let place = different.map(|index| (index % width, index / width));
        prop_assert_eq!(place, None, "parts differ from the whole at this pixel");
    }
}
