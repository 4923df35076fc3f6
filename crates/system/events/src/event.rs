//! Everything the log can say.

use alloc::string::String;
use serde::Serialize;
use serde_json::Value;

/// One report. `event` in the log is the variant's name in snake case, and the fields follow as
/// they stand here. (A panic is reported by [`crate::write_panic_line`].)
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<'a> {
    /// A step of the start was reached.
    Boot {
        /// The step's name.
        phase: &'a str,
    },
    /// A disk was found.
    Disk {
        /// What it is: model, or driver and place.
        name: &'a str,
        /// The driver: `virtio`, `ahci` or `nvme`.
        driver: &'a str,
        /// Blocks in all.
        blocks: u64,
        /// Bytes of one block.
        block_bytes: u32,
        /// Whether it refuses to be written.
        read_only: bool,
    },
    /// A disk of this system was taken into use.
    Storage {
        /// Its name.
        disk: &'a str,
        /// Whether its files can be used.
        files: bool,
        /// Whether its store can be used.
        store: bool,
        /// Records in the store.
        records: u64,
        /// Bytes that they take.
        live_bytes: u64,
        /// Bytes that the store has.
        total_bytes: u64,
    },
    /// The session and the memories of before the restart are back.
    Resumed {
        /// Turns of the conversation.
        turns: u64,
        /// Reminders.
        reminders: u64,
        /// Memories.
        memories: u64,
    },
    /// What an earlier start has computed was taken from the store.
    WarmStart {
        /// Tokens that need not be computed.
        tokens: u64,
    },
    /// What was computed is in the store, for the next start.
    StartKept {
        /// Tokens that need not be computed then.
        tokens: u64,
    },
    /// The person is asked whether a blank disk is to be formatted.
    FormatAsked {
        /// The disk's name.
        disk: &'a str,
    },
    /// A file is being taken into memory.
    Ingesting {
        /// Its path.
        path: &'a str,
        /// Parts that are done.
        done: u64,
        /// All parts.
        total: u64,
    },
    /// A model is being read from a disk.
    ModelLoading {
        /// The name of its file.
        name: &'a str,
        /// Bytes that were read.
        done_bytes: u64,
        /// Bytes of the file.
        size_bytes: u64,
    },
    /// A model is ready to compute.
    ModelLoaded {
        /// Its name as it says itself.
        name: &'a str,
        /// GGUF architecture.
        architecture: &'a str,
        /// Type of most weights.
        quantization: &'a str,
        /// Number of weights.
        parameters: u64,
        /// Bytes of the file.
        size_bytes: u64,
        /// Tokens of the context window as loaded.
        context: u64,
        /// What it holds of the memory.
        memory: MemoryPlan,
        /// Time from the start of checking the file, in milliseconds.
        load_ms: u64,
    },
    /// An embedding model is ready to compute; comes after the prompt.
    EmbeddingLoaded {
        /// Its name as it says itself.
        name: &'a str,
        /// GGUF architecture.
        architecture: &'a str,
        /// Type of most weights.
        quantization: &'a str,
        /// Number of weights.
        parameters: u64,
        /// Bytes of the file.
        size_bytes: u64,
        /// Numbers in the vector of a text.
        dimensions: u64,
        /// Longest text, in tokens.
        context: u64,
        /// Time from the start of checking the file, in milliseconds.
        load_ms: u64,
    },
    /// The prompt is drawn and takes input.
    Ready {
        /// Time since the kernel's first instruction, in milliseconds.
        since_entry_ms: u64,
        /// CPUs in the compute pool.
        cpus: u32,
        /// Arithmetic that the engine uses (`AVX2` or `scalar`).
        simd: &'a str,
        /// Free memory in bytes, after everything was loaded.
        free_bytes: u64,
        /// What the console is drawn on.
        display: DisplayInfo,
        /// Whether a keyboard answered.
        keyboard: bool,
        /// Boot loader and firmware, as the kernel was told.
        boot: &'a str,
        /// Name of the model; `null` where there is none.
        model: Option<&'a str>,
    },
    /// A line was entered.
    Input {
        /// The whole text.
        text: &'a str,
    },
    /// A slash command has run.
    Command {
        /// Its name without the slash.
        name: &'a str,
        /// What stood behind the name.
        arguments: &'a str,
        /// Whether it did what it should.
        ok: bool,
        /// What it printed.
        output: &'a str,
    },
    /// The model has finished, or was made to finish.
    Reply {
        /// The whole text, without tool calls.
        text: &'a str,
        /// Tokens generated, those of tool calls included.
        tokens: u64,
        /// Tokens of the prompt.
        prompt_tokens: u64,
        /// Of those: tokens whose computation was still in the KV cache.
        reused_tokens: u64,
        /// Speed of computing the rest of the prompt, in tokens a second; `null` if there was none.
        prefill_tok_s: Option<f32>,
        /// Speed of generating, in tokens a second; `null` if nothing was generated.
        decode_tok_s: Option<f32>,
        /// Why it ended.
        stop_reason: StopReason,
    },
    /// A tool is about to run.
    ToolCall {
        /// The tool.
        name: &'a str,
        /// Its arguments.
        arguments: &'a Value,
        /// Who called it.
        source: ToolSource,
    },
    /// A tool has run.
    ToolResult {
        /// The tool.
        name: &'a str,
        /// Whether it succeeded.
        ok: bool,
        /// Its answer, or the error in words.
        result: &'a str,
        /// How long it ran, in microseconds.
        duration_us: u64,
    },
    /// A small model's request was matched with the tools.
    Routed {
        /// The tool that answers it; `null` for none.
        tool: Option<&'a str>,
        /// How sure that is, 0 to 1.
        confidence: f32,
        /// The known request that comes nearest.
        nearest: &'a str,
    },
    /// A tool call waits for the person to say whether it may run.
    ApprovalAsked {
        /// The tool.
        tool: &'a str,
        /// The right that it needs.
        capability: &'a str,
        /// Whether text from outside stands before the call.
        tainted: bool,
    },
    /// The person has said so.
    ApprovalGiven {
        /// The tool.
        tool: &'a str,
        /// The answer; `null` if nobody gave one.
        answer: Option<&'a str>,
    },
    /// A tool shows the person something.
    Notice {
        /// The text.
        text: &'a str,
    },
    /// The context window has changed.
    Context {
        /// Tokens in it.
        used: u64,
        /// Tokens it holds.
        limit: u64,
        /// The used ones by who said them.
        by_role: ContextByRole,
    },
    /// Something said or remembered earlier was brought back into the context window.
    PagedIn {
        /// Where it comes from: `turn` or `memory`.
        source: &'a str,
        /// What it says.
        text: &'a str,
    },
    /// Turns that were paged out long ago were dropped for good.
    Forgotten {
        /// How many.
        turns: u64,
    },
    /// Turns were paged out of the context window.
    Evicted {
        /// Tokens that they took.
        tokens: u64,
        /// How many turns.
        turns: u64,
    },
    /// Something went wrong and the system goes on.
    Error {
        /// Which part noticed (`model`, `agent`, `tool`, `keyboard`, `console`, …).
        source: &'a str,
        /// What is wrong, as the person reads it.
        message: &'a str,
    },
    /// One check of `/selftest`.
    Selftest {
        /// The check.
        name: &'a str,
        /// Whether it passed.
        ok: bool,
        /// What was seen.
        detail: &'a str,
    },
    /// How long key presses took from their interrupt until they were drawn.
    KeyLatency {
        /// Key presses since the last such event.
        keys: u64,
        /// The slowest of them, in microseconds.
        max_us: u64,
        /// Whether a reply was generated meanwhile.
        during_reply: bool,
    },
    /// The machine is about to be switched off or restarted.
    Power {
        /// Which of the two.
        action: PowerAction,
    },
}

/// What a model takes of the memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MemoryPlan {
    /// Weights that had to be copied or repacked; those read in place count 0.
    pub weights_bytes: u64,
    /// Keys and values of the context.
    pub kv_cache_bytes: u64,
    /// Activations and other working memory.
    pub scratch_bytes: u64,
}

/// What the console is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DisplayInfo {
    /// What it is.
    pub kind: DisplayKind,
    /// Width in pixels, or in cells for text; 0 for none.
    pub width: u32,
    /// Height in pixels, or in cells for text; 0 for none.
    pub height: u32,
    /// Bits of a pixel; 0 where there are no pixels.
    pub bits_per_pixel: u32,
}

/// Kinds of display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DisplayKind {
    /// Pixels.
    Framebuffer,
    /// VGA text memory.
    Text,
    /// Nothing but the serial console.
    None,
}

/// Tokens of the context window by who said them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ContextByRole {
    /// The system prompt.
    pub system: u64,
    /// The person.
    pub user: u64,
    /// The model.
    pub assistant: u64,
    /// Results of tools.
    pub tool: u64,
}

/// Why a reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The model said that it was done.
    EndOfTurn,
    /// The model called a tool; another reply follows with its result.
    ToolCall,
    /// As long as a reply may be.
    Length,
    /// No room left in the context window.
    ContextFull,
    /// The person stopped it.
    Cancelled,
    /// The computation failed; an `error` event says why.
    Error,
}

/// Who called a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolSource {
    /// The model.
    Model,
    /// The person, by a command.
    User,
}

/// What happens to the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PowerAction {
    /// It is switched off.
    Shutdown,
    /// It starts anew.
    Reboot,
}

/// A line of the log: the time, then the event.
#[derive(Serialize)]
struct Line<'a> {
    t_ms: u64,
    #[serde(flatten)]
    event: &'a Event<'a>,
}

impl Event<'_> {
    /// The event as a line of the log, its `\n` included. `t_ms` is the time since the kernel was
    /// entered.
    pub fn to_line(&self, t_ms: u64) -> String {
        let line = serde_json::to_string(&Line { t_ms, event: self });
        let mut line = line.expect("an event is strings and numbers, which JSON can always hold");
        line.push('\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panic_line::PANIC_EVENT;
    use alloc::{collections::BTreeSet, format, string::ToString, vec::Vec};
    use proptest::prelude::*;
    use serde_json::json;

    /// One of each. The match makes the compiler ask for a new variant's example.
    fn examples<'a>(text: &'a str, arguments: &'a Value) -> Vec<Event<'a>> {
        let display = DisplayInfo {
            kind: DisplayKind::Framebuffer,
            width: 1280,
            height: 800,
            bits_per_pixel: 32,
        };
        let events = alloc::vec![
            Event::Boot { phase: text },
            Event::Disk {
                name: text,
                driver: "virtio",
                blocks: 2048,
                block_bytes: 512,
                read_only: false,
            },
            Event::Storage {
                disk: text,
                files: true,
                store: true,
                records: 3,
                live_bytes: 100,
                total_bytes: 1 << 20,
            },
            Event::Resumed { turns: 2, reminders: 1, memories: 5 },
            Event::WarmStart { tokens: 40 },
            Event::StartKept { tokens: 40 },
            Event::FormatAsked { disk: text },
            Event::Ingesting { path: text, done: 1, total: 3 },
            Event::ModelLoading { name: text, done_bytes: 4096, size_bytes: 98_362_432 },
            Event::ModelLoaded {
                name: text,
                architecture: "llama",
                quantization: "Q4_1",
                parameters: 134_515_008,
                size_bytes: 98_362_432,
                context: 2048,
                memory: MemoryPlan::default(),
                load_ms: 9,
            },
            Event::EmbeddingLoaded {
                name: text,
                architecture: "bert",
                quantization: "Q8_0",
                parameters: 22_564_992,
                size_bytes: 25_282_336,
                dimensions: 384,
                context: 512,
                load_ms: 9,
            },
            Event::Ready {
                since_entry_ms: 812,
                cpus: 2,
                simd: "AVX2",
                free_bytes: 1,
                display,
                keyboard: true,
                boot: text,
                model: None,
            },
            Event::Input { text },
            Event::Command { name: "help", arguments: text, ok: true, output: text },
            Event::Reply {
                text,
                tokens: 5,
                prompt_tokens: 20,
                reused_tokens: 12,
                prefill_tok_s: Some(6.5),
                decode_tok_s: None,
                stop_reason: StopReason::EndOfTurn,
            },
            Event::ToolCall { name: "calc", arguments, source: ToolSource::Model },
            Event::ToolResult { name: "calc", ok: false, result: text, duration_us: 3 },
            Event::Context { used: 3, limit: 9, by_role: ContextByRole::default() },
            Event::Evicted { tokens: 100, turns: 2 },
            Event::Error { source: "model", message: text },
            Event::Selftest { name: "parity", ok: true, detail: text },
            Event::KeyLatency { keys: 4, max_us: 900, during_reply: true },
            Event::Power { action: PowerAction::Shutdown },
            Event::PagedIn { source: "turn", text },
            Event::Forgotten { turns: 3 },
            Event::Routed { tool: Some("calc"), confidence: 0.5, nearest: text },
            Event::ApprovalAsked { tool: "write_file", capability: "fs.write", tainted: true },
            Event::ApprovalGiven { tool: "write_file", answer: Some("once") },
            Event::Notice { text },
        ];
        for event in &events {
            match event {
                Event::Boot { .. }
                | Event::Disk { .. }
                | Event::Storage { .. }
                | Event::Resumed { .. }
                | Event::WarmStart { .. }
                | Event::StartKept { .. }
                | Event::FormatAsked { .. }
                | Event::Ingesting { .. }
                | Event::ModelLoading { .. }
                | Event::ModelLoaded { .. }
                | Event::EmbeddingLoaded { .. }
                | Event::Ready { .. }
                | Event::Input { .. }
                | Event::Command { .. }
                | Event::Reply { .. }
                | Event::ToolCall { .. }
                | Event::ToolResult { .. }
                | Event::Context { .. }
                | Event::Evicted { .. }
                | Event::Error { .. }
                | Event::Selftest { .. }
                | Event::KeyLatency { .. }
                | Event::Power { .. }
                | Event::Routed { .. }
                | Event::PagedIn { .. }
                | Event::Forgotten { .. }
                | Event::ApprovalAsked { .. }
                | Event::ApprovalGiven { .. }
                | Event::Notice { .. } => {}
            }
        }
        events
    }

    #[test]
    fn a_line_starts_with_time_and_name() {
        let line = Event::Boot { phase: "memory" }.to_line(17);
        assert_eq!(line, "{\"t_ms\":17,\"event\":\"boot\",\"phase\":\"memory\"}\n");
        let by_role = ContextByRole { system: 1, user: 2, assistant: 3, tool: 4 };
        let line = Event::Context { used: 10, limit: 2048, by_role }.to_line(0);
        assert_eq!(
            line,
            "{\"t_ms\":0,\"event\":\"context\",\"used\":10,\"limit\":2048,\"by_role\":\
             {\"system\":1,\"user\":2,\"assistant\":3,\"tool\":4}}\n"
        );
    }

    #[test]
    fn speeds_that_are_no_numbers_leave_the_line_valid() {
        let examples = examples("", &Value::Null);
        let reply = examples.into_iter().find(|event| matches!(event, Event::Reply { .. }));
        let mut event = reply.expect("there is an example of each");
        let Event::Reply { decode_tok_s, prefill_tok_s, .. } = &mut event else { unreachable!() };
        *decode_tok_s = Some(f32::NAN);
        *prefill_tok_s = Some(f32::INFINITY);
        let value: Value = serde_json::from_str(&event.to_line(0)).unwrap();
        assert_eq!(value["decode_tok_s"], Value::Null);
        assert_eq!(value["prefill_tok_s"], Value::Null);
    }

    /// Adds the names of all fields in `value`, however deep.
    fn collect_fields(value: &Value, fields: &mut BTreeSet<String>) {
        for (name, inner) in value.as_object().into_iter().flatten() {
            fields.insert(name.clone());
            collect_fields(inner, fields);
        }
    }

    /// The part of the document about one event: from its heading to the next.
    fn section<'a>(document: &'a str, event: &str) -> &'a str {
        let heading = format!("\n### `{event}`\n");
        let start = document.find(&heading).unwrap_or_else(|| panic!("no section on {event}"));
        let body = &document[start + heading.len()..];
        &body[..body.find("\n#").unwrap_or(body.len())]
    }

    #[test]
    fn the_document_names_every_event_and_field() {
        let document = include_str!("../../../../docs/testing.md");
        let arguments = Value::Null;
        let mut lines: Vec<String> =
            examples("", &arguments).iter().map(|event| event.to_line(0)).collect();
        let mut panic_line = String::new();
        crate::write_panic_line(&mut panic_line, 0, &"", None, [""].iter()).unwrap();
        lines.push(panic_line);
        let mut names = BTreeSet::new();
        for line in lines {
            let value: Value = serde_json::from_str(&line).unwrap();
            let name = value["event"].as_str().unwrap();
            assert!(names.insert(name.to_string()), "{name} has two examples");
            let mut fields = BTreeSet::new();
            collect_fields(&value, &mut fields);
            for field in fields.iter().filter(|field| !["t_ms", "event"].contains(&&***field)) {
                let is_named = section(document, name).contains(&format!("`{field}`"));
                assert!(is_named, "docs/testing.md does not explain {field} of {name}");
            }
        }
        assert!(names.contains(PANIC_EVENT));
        let documented = document.matches("\n### `").count();
        assert_eq!(
            documented,
            names.len(),
            "docs/testing.md explains an event that does not exist"
        );
    }

    proptest! {
        #[test]
        fn every_event_is_one_valid_line_whatever_the_text(text in ".*|[\\x00-\\x7f]*") {
            let arguments = json!({ text.clone(): [text.clone()] });
            for event in examples(&text, &arguments) {
                let line = event.to_line(1);
                prop_assert_eq!(line.matches('\n').count(), 1);
                let value: Value = serde_json::from_str(&line).unwrap();
                let fields: Vec<_> = value.as_object().unwrap().keys().take(2).collect();
                prop_assert_eq!(fields, ["t_ms", "event"]);
            }
            let line = Event::Input { text: &text }.to_line(1);
            let value: Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(value["text"].as_str().unwrap(), text);
        }
    }
}
