//! States of the console to look at.

use console_ui::{
    Chip, ChipState, ClockTime, Console, ContextGauge, Header, Notice, NoticeLevel, Outcome,
    Prefill, Role,
};
use system_platform::{Key, KeyEvent};

const COMMANDS: [&str; 19] = [
    "/help",
    "/tool",
    "/tools",
    "/context",
    "/reset",
    "/system",
    "/set",
    "/stats",
    "/mem",
    "/mmap",
    "/frames",
    "/cpus",
    "/ticks",
    "/time",
    "/hexdump",
    "/history",
    "/selftest",
    "/shutdown",
    "/reboot",
];

const fn at(hour: u8, minute: u8, second: u8) -> ClockTime {
    ClockTime { hour, minute, second }
}

fn chip(label: &str, state: ChipState) -> Chip {
    Chip { label: label.into(), state }
}

fn header() -> Header {
    Header {
        model: "SmolLM2-135M Q4_1".into(),
        chips: vec![
            chip("local", ChipState::Good),
            chip("disk ok", ChipState::Plain),
            chip("net down", ChipState::Off),
        ],
        tokens_per_second: Some(243.4),
        cpus: 2,
        cpu_load_percent: Some(61),
        memory_used_mib: 182,
        memory_total_mib: 1024,
        uptime_s: 252,
        clock: Some((10, 42)),
    }
}

fn type_text(console: &mut Console, text: &str) {
    for character in text.chars() {
        console.handle_key(KeyEvent::plain(Key::Char(character)));
    }
}

fn call(
    console: &mut Console,
    time: ClockTime,
    (name, arguments, result): (&str, &str, &str),
    duration_us: u64,
    outcome: Outcome,
) {
    let id = console.view.begin_call(name, arguments, time);
    console.view.finish_call(id, result, duration_us, outcome);
}

/// Makes a console in some state.
pub type Scene = fn() -> Console;

/// All states, with their names.
pub fn scenes() -> [(&'static str, Scene); 6] {
    [
        ("talk", conversation),
        ("empty", empty),
        ("no-model", no_model),
        ("pressure", pressure),
        ("typing", typing),
        ("markdown", markdown),
    ]
}

/// The conversation of the design, a reply half written.
pub fn conversation() -> Console {
    let mut console = Console::new(COMMANDS);
    let view = &mut console.view;
    view.set_header(header());
    view.set_keymap("us");
    let asked = view.push_entry(
        Role::User,
        "Please note that the gate code is 4417. And what is 15 % of 240?",
        at(10, 41, 50),
    );
    view.set_entry_stats(asked, 18, None);
    let remember = ("remember", "{\"text\":\"The gate code is 4417.\"}", "stored #128, durable");
    call(&mut console, at(10, 41, 55), remember, 3_100, Outcome::Done);
    let calc = ("calc", "{\"expr\":\"0.15*240\"}", "36");
    call(&mut console, at(10, 41, 55), calc, 80, Outcome::Done);
    let denied = (
        "http_get",
        "{\"url\":\"http://10.0.2.2/a/very/long/path/that/does/not/fit/in/any/card\"}",
        "denied: net:10.0.2.2",
    );
    call(&mut console, at(10, 41, 56), denied, 900, Outcome::Failed);
    let view = &mut console.view;
    let told = view.push_entry(
        Role::Agent,
        "I have stored the gate code. 15 % of 240 is **36**.",
        at(10, 41, 58),
    );
    view.set_entry_stats(told, 31, Some(241.0));
    let asked = view.push_entry(
        Role::User,
        "Explain paging, briefly, and show the address split.",
        at(10, 42, 2),
    );
    view.set_entry_stats(asked, 14, None);
    let reply = view.begin_entry(Role::Agent, at(10, 42, 4));
    view.append(
        reply,
        "**Paging** translates each virtual address through four tables. Nine bits choose an entry at each level; the last twelve are the *offset*:\n\n```\n 47     39 38     30 29     21 20     12 11          0\n│  PML4   │  PDPT   │   PD    │   PT    │   offset   │\nlet index = (addr >> 12) & 0x1ff;\n```\n\nA missing entry raises a **page fault**, and the kernel decides wh",
    );
    view.set_entry_stats(reply, 97, Some(243.4));
    view.set_busy(true);
    view.set_context(ContextGauge {
        limit: 2048,
        system: 308,
        user: 236,
        agent: 526,
        tools: 214,
        evicted: 612,
        evictions: 1,
        high_mark: Some(1740),
    });
    for second in 0..60_u32 {
        let wave = (second * 37 % 11) as f32;
        let rate = match second {
            0..5 | 24..28 | 47..51 => 0.0,
            5..24 => 180.0 + 6.0 * wave,
            28..47 => 140.0 - 4.0 * (second - 28) as f32 + 2.0 * wave,
            _ => 90.0 + 8.0 * wave,
        };
        view.push_rate(rate);
    }
    type_text(&mut console, "What was the gate code again?");
    console.view.set_input_tokens(Some(8));
    console
}

/// Just booted.
pub fn empty() -> Console {
    let mut console = Console::new(COMMANDS);
    console.view.set_header(Header {
        tokens_per_second: None,
        cpu_load_percent: Some(2),
        uptime_s: 3,
        ..header()
    });
    console.view.set_keymap("us");
    console.view.set_context(ContextGauge {
        limit: 2048,
        system: 42,
        high_mark: Some(1740),
        ..ContextGauge::default()
    });
    console
}

/// Booted without a model.
pub fn no_model() -> Console {
    let mut console = Console::new(COMMANDS);
    console.view.set_header(Header {
        model: String::new(),
        chips: vec![chip("no disk", ChipState::Off)],
        tokens_per_second: None,
        ..header()
    });
    console.view.set_keymap("de");
    console.view.set_notice(Some(Notice {
        level: NoticeLevel::Warning,
        text: "no model module was loaded by the boot loader".into(),
    }));
    console
}

/// A nearly full window, a prompt being read, scrolled back.
pub fn pressure() -> Console {
    let mut console = conversation();
    console.view.set_context(ContextGauge {
        limit: 2048,
        system: 308,
        user: 536,
        agent: 826,
        tools: 214,
        evicted: 1_612,
        evictions: 4,
        high_mark: Some(1740),
    });
    for turn in 0..12 {
        console.view.push_entry(Role::User, &format!("Question number {turn}?"), at(11, turn, 0));
        console.view.push_entry(Role::Agent, "A short answer.", at(11, turn, 2));
    }
    console.view.push_entry(
        Role::System,
        "evicted 2 turns (214 tokens) to make room",
        at(11, 20, 0),
    );
    console.view.push_entry(
        Role::Error,
        "tool call not understood: expected `}` at byte 23",
        at(11, 20, 1),
    );
    console.view.set_prefill(Some(Prefill { done: 320, total: 612 }));
    console.handle_key(KeyEvent::plain(Key::PageUp));
    console
}

/// A command and several lines being typed.
pub fn typing() -> Console {
    let mut console = empty();
    console.view.push_entry(
        Role::System,
        "## Memory\n\n- frames free: **201,114**\n- heap: `14 MiB` of 1 GiB\n",
        at(10, 40, 0),
    );
    type_text(&mut console, "/h");
    console
}

/// Everything that Markdown may hold, and a long input.
pub fn markdown() -> Console {
    let mut console = empty();
    let text = "# Heading\nSome *italic*, some **bold**, some ***both*** and `inline code` in a sentence that is long enough to wrap around at least once on most screens.\n\n1. first item that is long enough to wrap on smaller screens, so that the hanging indentation shows\n2. second\n   - nested → with an arrow\n\n> A quotation, said “elsewhere” — and wrapped…\n\n---\n```rust\nfn main() {\n\tlet x = \"ünïcödé ✓ ✗ • ≤ ≥ ≠ √\"; // 漢字 λ\n}\n```";
    console.view.push_entry(Role::Agent, text, at(10, 40, 0));
    type_text(&mut console, &"several words being typed ".repeat(9));
    console.handle_key(KeyEvent::alt(Key::Enter));
    type_text(&mut console, "and a second line");
    console
}
