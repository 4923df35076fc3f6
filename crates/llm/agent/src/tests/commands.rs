use super::Bench;
use crate::{
    EmbeddingModel,
    testing::{FakeHost, Recorded},
};
use alloc::format;
use llm_inference::model::ModelInfo;

#[test]
fn help_names_every_command_and_explains_one() {
    let mut bench = Bench::new([]);
    let help = bench.succeed("/help");
    for name in [
        "help", "tool", "tools", "context", "reset", "system", "set", "stats", "models", "mem",
        "mmap", "frames", "cpus", "ticks", "time", "hexdump", "history", "selftest", "shutdown",
        "reboot",
    ] {
        assert!(help.contains(&format!("- `/{name}")), "{name}");
    }
    assert_eq!(bench.succeed("/?"), help);
    let one = "- `/hexdump ADDRESS [LENGTH]` bytes at a virtual address\n";
    assert_eq!(bench.succeed("/help hexdump"), one);
    assert_eq!(
        bench.fail("/help hexdmp"),
        "there is no command `/hexdmp`; did you mean `/hexdump`?"
    );
}

#[test]
fn an_unknown_command_brings_the_nearest() {
    let mut bench = Bench::new([]);
    assert_eq!(bench.fail("/cpu"), "there is no command `/cpu`; did you mean `/cpus`?");
    assert_eq!(bench.fail("/rm -rf"), "there is no command `/rm`; `/help` shows them all");
    assert_eq!(bench.fail("/"), "there is no command `/`; `/help` shows them all");
    assert_eq!(bench.fail("/mem all"), "usage: `/mem`");
    assert_eq!(bench.fail("/disks all"), "usage: `/disks`");
    assert_eq!(bench.succeed("/disks"), "No disk was found.");
}

#[test]
fn tool_takes_plain_text_names_and_json() {
    let mut bench = Bench::new([]);
    assert_eq!(bench.succeed("/tool calc 2 + 2*3"), "8");
    assert_eq!(bench.succeed("/tool calc expr=2+2*3"), "8");
    assert_eq!(bench.succeed("/tool calc {\"expr\": \"2+2*3\"}"), "8");
    assert_eq!(
        bench.succeed("/tool remember the gate is 4417 west"),
        "remembered: the gate is 4417 west"
    );
    assert_eq!(bench.succeed("/tool recall gate"), "the gate is 4417 west");
    assert_eq!(bench.succeed("/tool echo one\ntwo"), "one\ntwo");
    assert!(bench.succeed("/tool clock").contains("23 November 2026"));
    assert!(bench.succeed("/tool sysinfo").contains("Fake CPU"));
    assert_eq!(bench.fail("/tool"), "usage: `/tool NAME [ARGUMENTS]`");
    assert_eq!(bench.fail("/tool clac 1"), "there is no tool \"clac\"; did you mean \"calc\"?");
    assert_eq!(bench.fail("/tool calc"), "argument \"expr\" is missing");
    assert_eq!(bench.fail("/tool calc 2+3*"), "position 5: expected a number");
}

#[test]
fn tools_shows_names_arguments_and_examples() {
    let mut bench = Bench::new([]);
    let tools = bench.succeed("/tools");
    for text in [
        "**calc** expr - ",
        "**remember** text - ",
        "**edit_block** block text [append] - ",
        "**clock** [question] - ",
    ] {
        assert!(tools.contains(text), "{text}: {tools}");
    }
}

#[test]
fn context_maps_the_window() {
    let mut bench = Bench::new(["Hello."]);
    bench.say("Hi!");
    let usage = bench.agent.usage();
    let map = bench.succeed("/context");
    assert!(map.starts_with(&format!("{} of 4096 tokens", usage.used)), "{map}");
    assert!(map.contains("   1     11 user       Hi!\n"), "{map}");
    assert!(map.contains("   1     19 assistant  Hello.\n"), "{map}");
    assert_eq!(usage.by_role.total(), usage.used);
    assert_eq!((usage.by_role.user, usage.by_role.assistant, usage.turns), (11, 19, 1));
}

#[test]
fn reset_begins_a_new_conversation_and_keeps_notes_and_history() {
    let mut bench = Bench::new(["Hello.", "Hello again."]);
    bench.say("/tool remember a fact");
    bench.say("Hi!");
    let events = bench.say("/clear");
    assert_eq!(
        events,
        [
            Recorded::Reset,
            Recorded::Command("reset".into(), true, "A new conversation begins.".into())
        ]
    );
    assert_eq!(bench.agent.usage().used, bench.agent.usage().pinned);
    bench.say("Hi!");
    assert_eq!(bench.model().computed_text().matches("user\nHi!").count(), 1);
    assert_eq!(bench.succeed("/tool recall fact"), "a fact");
}

#[test]
fn system_shows_replaces_and_restores_the_prompt() {
    let mut bench = Bench::new(["Aye."]);
    let original = bench.succeed("/system");
    bench.succeed("/system You are a pirate.");
    assert_eq!(bench.succeed("/system"), "The system prompt is:\nYou are a pirate.");
    bench.say("Hi!");
    assert!(bench.model().computed_text().starts_with("<|im_start|>system\nYou are a pirate.\n"));
    let refusal = bench.fail(&format!("/system {}", "x".repeat(9000)));
    assert!(refusal.contains("tokens, but the window has room for"), "{refusal}");
    assert_eq!(bench.succeed("/system"), "The system prompt is:\nYou are a pirate.");
    bench.succeed("/system default");
    assert_eq!(bench.succeed("/system"), original);
}

#[test]
fn set_shows_and_changes_parameters_and_the_keymap() {
    let mut bench = Bench::new([]);
    let all = bench.succeed("/set");
    for name in [
        "temperature",
        "top_k",
        "top_p",
        "min_p",
        "repeat_penalty",
        "seed",
        "max_tokens",
        "reserve",
        "call_grammar",
        "keymap",
    ] {
        assert!(all.contains(&format!("\n{name} ")), "{name}: {all}");
    }
    assert_eq!(bench.succeed("/set temperature 0.5"), "temperature = 0.5");
    assert_eq!(bench.succeed("/set parameter temperature 0.7"), "temperature = 0.7");
    assert_eq!(bench.succeed("/set temperature"), "temperature = 0.7");
    assert_eq!(bench.fail("/set temperature hot"), "temperature needs a number, not \"hot\"");
    assert_eq!(
        bench.fail("/set temprature"),
        "there is no parameter \"temprature\"; did you mean \"temperature\"?"
    );
    assert_eq!(bench.succeed("/set keymap de"), "keymap = de");
    assert_eq!(bench.succeed("/set keymap"), "keymap = de");
    assert_eq!(
        bench.fail("/set keymap xx"),
        "there is no keyboard layout \"xx\"; there are: us, uk, de, fr"
    );
    bench.succeed("/set reserve 1000");
    assert_eq!(bench.agent.usage().high_mark, 3096);
}

#[test]
fn stats_counts_tokens_computed_and_reused() {
    let mut bench = Bench::new(["One.", "Two."]);
    bench.say("1?");
    bench.say("2?");
    let stats = bench.succeed("/stats");
    let last = bench.agent.stats().last;
    assert!(stats.starts_with("Scripted none, 2 replies\n"), "{stats}");
    assert!(stats.contains(&format!(" {} ", last.reused_tokens)), "{stats}");
    assert_eq!(last.decode_tokens, 4);
    assert_eq!(bench.agent.stats().total.decode_tokens, 8);
}

#[test]
fn models_tells_of_both_whatever_their_state() {
    let mut bench = Bench::new([]);
    let models = bench.succeed("/models");
    assert!(models.starts_with("- language: Scripted none, architecture "), "{models}");
    assert!(models.contains("context of 4096 tokens"), "{models}");
    assert!(models.ends_with("\n- embedding: none"), "{models}");
    let info = ModelInfo {
        name: "MiniLM".into(),
        quantization: "Q8_0".into(),
        architecture: "bert".into(),
        parameters: 22_600_000,
        size_bytes: 24 << 20,
        embedding_length: 384,
        trained_context: 512,
        ..ModelInfo::default()
    };
    for (state, expected) in [
        (EmbeddingModel::Waiting, "being loaded"),
        (EmbeddingModel::Unusable("it is damaged".into()), "cannot be used: it is damaged"),
        (
            EmbeddingModel::Ready(info),
            "MiniLM Q8_0, architecture bert, 23 M parameters, 24 MiB, vectors of 384 numbers, \
             texts of up to 512 tokens",
        ),
    ] {
        bench.host.embedding.replace(state);
        let models = bench.succeed("/models");
        assert!(models.ends_with(&format!("\n- embedding: {expected}")), "{models}");
    }
    let mut bench = Bench::without_model();
    assert!(bench.succeed("/models").starts_with("- language: none\n"));
}

#[test]
fn the_machine_is_described() {
    let mut bench = Bench::new([]);
    for (line, expected) in [
        ("/mem", "used             256 MiB  25 %"),
        ("/mmap", "0x000000100000-0x00003fffffff   1023 MiB  kernel and modules"),
        ("/frames", "free                 196608  768 MiB"),
        ("/cpus", "cpu 0  apic 0   online "),
        ("/ticks", "4242 timer interrupts in "),
        ("/time", "Monday, 2026-11-23 23:59:59 UTC, up "),
    ] {
        let output = bench.succeed(line);
        assert!(output.contains(expected), "{line}: {output}");
    }
}

#[test]
fn hexdump_shows_bytes_and_where_they_end() {
    let mut bench = Bench::new([]);
    let start = FakeHost::MEMORY_START;
    assert_eq!(
        bench.succeed(&format!("/hexdump {start:#x} 20")),
        "```\n\
         0000000000001000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  |................|\n\
         0000000000001010  10 11 12 13                                       |....|\n```"
    );
    let end = bench.succeed("/hexdump 1020");
    assert_eq!(
        end,
        "```\n\
         0000000000001020  20 21 22 23 24 25 26 27                           | !\"#$%&'|\n\
         0000000000001028  not mapped\n```"
    );
    assert_eq!(bench.fail("/hexdump 0"), "0x0000000000000000 is not mapped memory");
    assert_eq!(
        bench.fail("/hexdump ffffffffffffffff 16"),
        "0xffffffffffffffff is not mapped memory"
    );
    assert_eq!(bench.fail("/hexdump"), "usage: `/hexdump ADDRESS [LENGTH]`");
    assert_eq!(bench.fail("/hexdump xyz"), "\"xyz\" is not a number");
    assert_eq!(bench.fail("/hexdump 1000 99999"), "at most 4096 bytes can be shown at once");
}

#[test]
fn history_shows_the_lines_entered() {
    let mut bench = Bench::new(["Hello."]);
    bench.say("Hi!");
    bench.say("/ticks");
    assert_eq!(bench.succeed("/history"), "```\n   1  Hi!\n   2  /ticks\n   3  /history\n```");
    assert_eq!(bench.succeed("/history 1"), "```\n   4  /history 1\n```");
    assert_eq!(bench.fail("/history all"), "\"all\" is not a number");
}

#[test]
fn the_power_switch_is_reached_after_its_event() {
    let mut bench = Bench::new([]);
    assert_eq!(
        bench.say("/shutdown"),
        [
            Recorded::Command("shutdown".into(), true, "The machine is being switched off.".into()),
            Recorded::Power("Shutdown".into()),
        ]
    );
    assert_eq!((bench.host.shut_downs.get(), bench.host.reboots.get()), (1, 0));
    bench.say("/reboot now");
    assert_eq!((bench.host.shut_downs.get(), bench.host.reboots.get()), (1, 0));
    bench.say("/reboot");
    assert_eq!((bench.host.shut_downs.get(), bench.host.reboots.get()), (1, 1));
}

#[test]
fn selftest_checks_kernel_and_model_and_leaves_the_conversation_as_it_was() {
    let mut bench = Bench::new(["Hello.", "", "Still here."]);
    bench.say("Hi!");
    let before = bench.agent.usage();
    let report = bench.succeed("/selftest");
    assert!(report.ends_with("3 passed, 0 failed"), "{report}");
    assert_eq!(bench.agent.usage(), before);
    assert!(bench.succeed("/selftest timer").ends_with("1 passed, 0 failed"));
    assert_eq!(bench.fail("/selftest xyz"), "there is no check named \"xyz\"");
    bench.host.checks.borrow_mut()[0].ok = false;
    assert!(bench.fail("/selftest paging").contains("FAILED paging: 12 regions"));
    bench.say("?");
    assert!(bench.model().computed_text().contains("assistant\nHello.<|im_end|>\n"));
}
