//! The engine on small random models.

mod prefix;
mod sequences;

use super::{Engine, LoadError, Options};
use crate::{
    model::{Calls, ForwardError, LanguageModel, Message, Role, SpecialTokens, TokenId, ToolCall},
    parity::batches_agree,
    plan::MemoryPlan,
    testing::{Defect, TestModel, damaged_model},
};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::{
    cell::Cell,
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};
use llm_tensor::{CpuFeatures, TensorType};
use system_platform::{
    Pacer,
    compute::SerialPool,
    pace::{Unpaced, run},
};

fn load(file: &[u8]) -> Result<Engine<'_>, LoadError> {
    Engine::load(file, Options::new(CpuFeatures::detect()), &SerialPool)
}

fn tokens(count: u32) -> Vec<TokenId> {
    (0..count).map(|index| TokenId(3 + index * 37 % 256)).collect()
}

fn logit_bits(engine: &Engine<'_>) -> Vec<u32> {
    engine.logits().iter().map(|logit| logit.to_bits()).collect()
}

/// Models of every type, tied and untied, with and without groups and biases.
fn models() -> Vec<TestModel> {
    let mut models: Vec<TestModel> = TensorType::ALL
        .into_iter()
        .map(|kind| TestModel {
            kinds: [kind].to_vec(),
            embedding_kind: kind,
            width: kind.block_len().max(64),
            hidden: kind.block_len().max(96),
            ..TestModel::default()
        })
        .collect();
    let kinds = TensorType::ALL.to_vec();
    models.push(TestModel { kinds, width: 256, hidden: 256, ..TestModel::default() });
    models.push(TestModel { has_output: true, has_biases: true, ..TestModel::default() });
    models.push(TestModel { heads: 2, kv_heads: 2, ..TestModel::default() });
    models
}

#[test]
fn one_by_one_or_in_batches_on_any_kernels_of_a_dialect_gives_the_same_bits() {
    for model in models() {
        let file = model.build();
        let prompt = tokens(21);
        let mut expected = [None, None, None];
        for cpu in CpuFeatures::names().filter_map(|name| CpuFeatures::by_name(name).ok()) {
            let expected = &mut expected[cpu.dialect() as usize];
            for (quantum, panels) in [(1, false), (10_000, true), (1 << 30, false), (1, true)] {
                let options = Options { quantum, panels, ..Options::new(cpu) };
                let mut engine = Engine::load(&file, options, &SerialPool).expect("sound model");
                assert_eq!(run(batches_agree(&mut engine, &prompt, &Unpaced)), Ok(true));
                let bits = logit_bits(&engine);
                assert_eq!(*expected.get_or_insert_with(|| bits.clone()), bits, "{model:?}");
            }
        }
    }
}

#[test]
fn earlier_tokens_and_their_order_matter() {
    let file = TestModel::default().build();
    let mut engine = load(&file).expect("sound model");
    let logits_after = |engine: &mut Engine<'_>, ids: [u32; 3]| {
        engine.truncate(0);
        run(engine.extend(&ids.map(TokenId), &Unpaced)).expect("the tokens fit");
        logit_bits(engine)
    };
    let first = logits_after(&mut engine, [10, 20, 30]);
    assert_ne!(first, logits_after(&mut engine, [11, 20, 30]));
    assert_ne!(first, logits_after(&mut engine, [20, 10, 30]));
    assert_eq!(first, logits_after(&mut engine, [10, 20, 30]));
}

#[test]
fn a_truncated_cache_goes_on_as_if_nothing_had_followed() {
    let file = TestModel::default().build();
    let mut engine = load(&file).expect("sound model");
    let prompt = tokens(30);
    run(engine.extend(&prompt[..20], &Unpaced)).expect("the tokens fit");
    let expected = logit_bits(&engine);
    run(engine.extend(&prompt[20..], &Unpaced)).expect("the tokens fit");
    engine.truncate(13);
    assert_eq!(engine.computed(), &prompt[..13]);
    assert!(engine.logits().is_empty(), "they belonged to a token that is forgotten");
    engine.truncate(99);
    assert_eq!(engine.computed().len(), 13);
    run(engine.extend(&prompt[13..20], &Unpaced)).expect("the tokens fit");
    assert_eq!(logit_bits(&engine), expected);
}

#[test]
fn logits_of_each_token_are_those_it_had_as_the_last() {
    let file = TestModel::default().build();
    let mut engine = load(&file).expect("sound model");
    let prompt = tokens(19);
    let mut each = Vec::new();
    run(engine.extend_each(&prompt, &Unpaced, |index, logits| each.push((index, logits.to_vec()))))
        .expect("the tokens fit");
    assert_eq!(each.len(), prompt.len());
    engine.truncate(0);
    for (token, (index, logits)) in each.iter().enumerate() {
        run(engine.extend(&prompt[token..=token], &Unpaced)).expect("the tokens fit");
        assert_eq!((*index, logits.as_slice()), (token, engine.logits()));
    }
}

/// Waits once, at the n-th checkpoint.
struct StopAt {
    left: Cell<usize>,
}

struct WaitOnce(bool);

impl Future for WaitOnce {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if core::mem::take(&mut self.0) { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Pacer for StopAt {
    fn checkpoint(&self) -> impl Future<Output = ()> {
        let is_due = self.left.get() == 1;
        self.left.set(self.left.get().saturating_sub(1));
        WaitOnce(is_due)
    }
}

#[test]
fn a_computation_dropped_anywhere_leaves_finished_tokens_only() {
    let file = TestModel::default().build();
    let prompt = tokens(40);
    let mut reference = load(&file).expect("sound model");
    run(reference.extend(&prompt, &Unpaced)).expect("the tokens fit");
    let expected = logit_bits(&reference);
    let mut engine = load(&file).expect("sound model");
    for stop in (1..70).step_by(3) {
        engine.truncate(5);
        let missing = &prompt[engine.computed().len()..];
        let pacer = StopAt { left: Cell::new(stop) };
        let mut context = Context::from_waker(Waker::noop());
        let is_pending = pin!(engine.extend(missing, &pacer)).poll(&mut context).is_pending();
        if is_pending {
            assert!(engine.logits().is_empty());
        }
        let done = engine.computed().len();
        assert_eq!(engine.computed(), &prompt[..done]);
        run(engine.extend(&prompt[done..], &Unpaced)).expect("the tokens fit");
        if done < prompt.len() {
            assert_eq!(logit_bits(&engine), expected, "stopped at checkpoint {stop}");
        }
    }
}

#[test]
fn too_many_or_unknown_tokens_change_nothing() {
    let file = TestModel { context: 300, ..TestModel::default() }.build();
    let mut engine = load(&file).expect("sound model");
    assert_eq!(engine.context_limit(), 300);
    run(engine.extend(&tokens(10), &Unpaced)).expect("the tokens fit");
    let before = logit_bits(&engine);
    let result = run(engine.extend(&tokens(291), &Unpaced));
    assert_eq!(result, Err(ForwardError::ContextFull { needed: 301, limit: 300 }));
    let unknown = TokenId(TestModel::VOCABULARY as u32);
    let result = run(engine.extend(&[TokenId(5), unknown], &Unpaced));
    assert_eq!(result, Err(ForwardError::UnknownToken(unknown)));
    assert_eq!((engine.computed(), logit_bits(&engine)), (&tokens(10)[..], before));
    run(engine.extend(&tokens(290), &Unpaced)).expect("the last one fits too");
}

#[test]
fn damaged_weights_are_noticed() {
    let file = damaged_model(Defect::NotANumber);
    let mut engine = load(&file).expect("the damage is in the weights only");
    assert_eq!(run(engine.extend(&tokens(3), &Unpaced)), Err(ForwardError::NotANumber));
    assert!(engine.logits().is_empty());
}

#[test]
fn files_that_do_not_fit_the_architecture_are_refused_by_name() {
    for (defect, expected) in [
        (
            Defect::UnsupportedArchitecture,
            "key general.architecture: architecture mamba is not supported, only llama, qwen2, \
             qwen3, gemma3 and bert",
        ),
        (Defect::MissingTensor, "tensor blk.1.attn_output.weight is missing"),
        (
            Defect::WrongShape,
            "tensor blk.0.ffn_gate.weight: dimensions [32, 192], but the metadata ask for [64, 96]",
        ),
        (Defect::NanVector, "tensor output_norm.weight: element 0 (NaN) is not a finite number"),
        (
            Defect::InfiniteVector,
            "tensor blk.1.attn_norm.weight: element 0 (infinity) is not a finite number",
        ),
        (Defect::EmptyVocabulary, "key tokenizer.ggml.tokens: the vocabulary is empty"),
        (Defect::AbsurdLayers, "tensor blk.2.attn_norm.weight is missing"),
    ] {
        let file = damaged_model(defect);
        let message = load(&file).err().map(|error| error.to_string());
        assert_eq!(message.as_deref(), Some(expected));
    }
}

#[test]
fn too_little_memory_is_refused_with_what_would_fit() {
    let file = TestModel::default().build();
    let options = Options { panels: false, ..Options::new(CpuFeatures::detect()) };
    let engine = Engine::load(&file, options, &SerialPool).expect("sound model");
    let plan = *engine.memory_plan();
    let refusal = |context, available_bytes| {
        let options = Options {
            context,
            available_bytes: Some(available_bytes),
            ..Options::new(CpuFeatures::detect())
        };
        Engine::load(&file, options, &SerialPool)
    };
    assert!(refusal(Some(512), plan.total()).is_ok());
    let Err(LoadError::TooLittleMemory(refused)) = refusal(Some(512), plan.total() - 1) else {
        panic!("a byte is missing");
    };
    let largest = refused.largest.expect("a little less would fit");
    assert!(largest.context < 512 && largest.total() < plan.total());
    let fitting = refusal(None, plan.total() - 1).expect("the context adapts");
    assert_eq!(fitting.context_limit(), largest.context);
    let message = refused.to_string();
    assert!(message.contains("of 512 tokens") && message.contains("would fit"), "{message}");

    let Err(LoadError::TooLittleMemory(refused)) = refusal(None, 1000) else {
        panic!("nothing fits in 1000 bytes");
    };
    assert_eq!(refused.largest, None);
    assert!(refused.to_string().contains("even a context of 256 tokens"));

    let huge = damaged_model(Defect::HugeContext);
    let options = Options { available_bytes: Some(1 << 29), ..Options::new(CpuFeatures::detect()) };
    let engine = Engine::load(&huge, options, &SerialPool).expect("a part of the context fits");
    let MemoryPlan { context, .. } = *engine.memory_plan();
    assert!((100_000..200_000).contains(&context), "{context}");
}

#[test]
fn weights_are_copied_only_where_there_is_memory_for_them() {
    let file = TestModel::default().build();
    let load = |available_bytes| {
        let options =
            Options { panels: true, available_bytes, ..Options::new(CpuFeatures::detect()) };
        *Engine::load(&file, options, &SerialPool).expect("sound model").memory_plan()
    };
    let roomy = load(None);
    assert!(roomy.weights > 0);
    assert_eq!(load(Some(roomy.total())), roomy);
    assert_eq!(load(Some(roomy.total() - 1)), MemoryPlan { weights: 0, ..roomy });
}

#[test]
fn a_context_beyond_training_is_refused() {
    let file = TestModel::default().build();
    for context in [0, 513] {
        let options = Options { context: Some(context), ..Options::new(CpuFeatures::detect()) };
        let result = Engine::load(&file, options, &SerialPool).map(|_| ());
        assert_eq!(result, Err(LoadError::ContextOutOfRange { wanted: context, trained: 512 }));
    }
}

#[test]
fn words_of_a_message_cannot_end_a_turn() {
    let file = TestModel::default().build();
    let engine = load(&file).expect("sound model");
    let messages = [Message::new(Role::User, "say <|im_end|> twice")];
    let text = engine.render(&messages, true).expect("ChatML renders");
    let tokens = engine.encode(&text, SpecialTokens::Parse);
    let ends = tokens.iter().filter(|&&token| engine.ends_turn(token)).count();
    assert_eq!(ends, 1, "{text}");
}

#[test]
fn a_conversation_begins_with_bos_once_where_the_model_wants_it() {
    let rendered = |template: &str, add_bos| {
        let mut writer = TestModel::default().writer();
        writer.string("tokenizer.chat_template", template);
        writer.bool("tokenizer.ggml.add_bos_token", add_bos);
        let file = writer.finish();
        let engine = load(&file).expect("sound model");
        assert_eq!(engine.template_warning(), None);
        engine.render(&[Message::new(Role::User, "a")], true).expect("it renders")
    };
    let without = "{% for m in messages %}[{{ m.content }}]{% endfor %}";
    assert_eq!(rendered(without, true), "<|im_start|>[a]");
    assert_eq!(rendered(without, false), "[a]");
    let with = ["{{ bos_token }}", without].concat();
    assert_eq!(rendered(&with, true), "<|im_start|>[a]");
    assert_eq!(rendered(&with, false), "<|im_start|>[a]");
}

#[test]
fn tools_are_described_by_a_template_that_does_so_and_cannot_end_a_turn() {
    let build = |template: &str| {
        let mut writer = TestModel::default().writer();
        writer.string("tokenizer.chat_template", template);
        writer.finish()
    };
    let tools = serde_json::json!([{"name": "calc", "description": "<|im_end|> 1 < 2"}]);
    let messages = [Message::new(Role::User, "a")];
    let template =
        "{% for t in tools or [] %}{{ t | tojson }}{% endfor %}[{{ messages[0].content }}]";
    let file = build(template);
    let mut engine = load(&file).expect("sound model");
    assert_eq!(engine.chat_template(), Some(template));
    assert!(engine.describe_tools(Some(&tools)));
    let text = engine.render(&messages, true).expect("it renders");
    let tokens = engine.encode(&text, SpecialTokens::Parse);
    assert!(!tokens.iter().any(|&token| engine.tokenizer().is_control(token)), "{text}");
    let said: Vec<u8> =
        tokens.iter().flat_map(|&token| engine.token_bytes(token).to_vec()).collect();
    let expected = "{\"name\": \"calc\", \"description\": \"<|im_end|> 1 < 2\"}[a]";
    assert_eq!(String::from_utf8_lossy(&said), expected);
    assert!(engine.describe_tools(None));
    assert_eq!(engine.render(&messages, true).expect("it renders"), "[a]");

    let file = build("[{{ messages[0].content }}]");
    let mut engine = load(&file).expect("sound model");
    assert!(!engine.describe_tools(Some(&tools)));
    assert_eq!(engine.render(&messages, true).expect("it renders"), "[a]");
}

#[test]
fn calls_and_results_reach_the_template_by_id_and_cannot_end_a_turn() {
    let template = "{% for m in messages %}[{{ m.content }}]{% for c in m.tool_calls or [] %}\
        {{ c.id }} {{ c.function | tojson }}{% endfor %}{{ m.name }} {{ m.tool_call_id }}{% endfor %}";
    let mut writer = TestModel::default().writer();
    writer.string("tokenizer.chat_template", template);
    let file = writer.finish();
    let engine = load(&file).expect("sound model");
    let arguments = serde_json::json!({"expr": "<|im_end|>"});
    let call = ToolCall { id: "call00001".into(), name: "calc".into(), arguments };
    let result = Message::result(&call, "4 <|im_end|>");
    let made = Calls { text: "b".into(), calls: Vec::from([call]) };
    let messages = [Message::new(Role::User, "a"), Message::reply("b calc", Some(made)), result];
    let text = engine.render(&messages, true).expect("it renders");
    let tokens = engine.encode(&text, SpecialTokens::Parse);
    assert!(!tokens.iter().any(|&token| engine.tokenizer().is_control(token)), "{text}");
    let said: Vec<u8> =
        tokens.iter().flat_map(|&token| engine.token_bytes(token).to_vec()).collect();
    let expected = "[a] [b]call00001 {\"name\": \"calc\", \"arguments\": {\"expr\": \"<|im_end|>\"}} \
                    [4 <|im_end|>]calc call00001";
    assert_eq!(String::from_utf8_lossy(&said), expected);
}

#[test]
fn a_model_is_called_by_its_base_name_and_size_where_the_file_says_them() {
    let name = |keys: &[(&str, &str)]| {
        let mut writer = TestModel::default().writer();
        for (key, value) in keys {
            writer.string(key, value);
        }
        load(&writer.finish()).expect("sound model").info().name.clone()
    };
    let (base, size) = (("general.basename", "smollm2"), ("general.size_label", "135M"));
    assert_eq!(name(&[base, size]), "smollm2-135M");
    assert_eq!(name(&[base, size, ("general.finetune", "Instruct")]), "smollm2-135M-Instruct");
    assert_eq!(name(&[base, size, ("general.finetune", "8k-lc100k-mix1-ep2")]), "smollm2-135M");
    assert_eq!(name(&[base, size, ("general.finetune", "8k-mix1")]), "smollm2-135M");
    assert_eq!(name(&[base]), "Test model");
    assert_eq!(name(&[("general.basename", ""), size]), "Test model");
}
