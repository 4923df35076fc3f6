//! The tasks that make up the running system, and how they are started.
//!
//! [`desk`] is what they share: the console's state and the lines that wait for the agent. The
//! keyboard and the terminal fill it ([`input`]), the screen shows it ([`screen`]), the agent works
//! on it ([`agent`]), and everything it does comes back through [`observer`].

mod agent;
mod code_host;
mod desk;
mod disk_files;
mod embedding;
pub mod event_log;
mod host;
mod input;
mod model_files;
mod observer;
mod question;
mod screen;
mod status;
mod storage;
mod switch_model;

use crate::{
    boot::BootInfo,
    disks::Disks,
    platform::{display::Display, machine::KernelMachine},
};
use alloc::{boxed::Box, rc::Rc, string::String, vec::Vec};
use console_ui::Console;
use core::{cell::RefCell, future::Future, pin::Pin, task::Poll};
use desk::Desk;
use drivers_ps2::Keyboard;
use host::KernelHost;
use system_core::executor::Executor;
use system_platform::{DateTime, Machine};

/// What the tasks work with.
pub struct Equipment {
    /// What the boot loader told.
    pub boot: BootInfo,
    /// The machine.
    pub machine: KernelMachine,
    /// The screen.
    pub display: Display,
    /// What is wrong with the keyboard, if anything is.
    pub keyboard_error: Option<drivers_ps2::ControllerError>,
    /// The disks, of which some may not be found yet.
    pub disks: Rc<Disks>,
}

/// Starts all tasks.
pub fn start(executor: &Executor, equipment: Equipment) {
    let Equipment { boot, machine, display, keyboard_error, disks } = equipment;
    let keyboard = Rc::new(RefCell::new(Keyboard::new()));
    let commands: Vec<String> = llm_agent::command_names().collect();
    let console = Console::new(commands.iter().map(String::as_str));
    let now = machine.date_time().or(boot.boot_unix_seconds.map(DateTime::from_unix));
    let (desk, lines) = Desk::new(console, now);
    let host = KernelHost::new(machine, keyboard.clone(), desk.clone(), executor.clone(), disks);
    let host: &'static KernelHost = Box::leak(Box::new(host));
    let screens = screen::Screens::new(display);
    let display = screens.info();
    let timers = executor.timers();

    let tasks = executor.spawner();
    tasks.spawn(input::serve_keyboard(desk.clone(), keyboard));
    tasks.spawn(input::serve_terminal(desk.clone(), timers.clone()));
    tasks.spawn(screen::draw(desk.clone(), screens, timers.clone()));
    tasks.spawn(status::keep_status(desk.clone(), host, timers));
    tasks.spawn(agent::run(desk, lines, host, boot, display, keyboard_error));
}

/// Which of two futures was ready first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Either {
    First,
    Second,
}

impl Either {
    const fn is_first(self) -> bool {
        matches!(self, Self::First)
    }
}

/// Waits for the first of two futures.
async fn either(
    mut first: Pin<&mut impl Future<Output = ()>>,
    mut second: Pin<&mut impl Future<Output = ()>>,
) -> Either {
    core::future::poll_fn(|context| {
        if first.as_mut().poll(context).is_ready() {
            Poll::Ready(Either::First)
        } else if second.as_mut().poll(context).is_ready() {
            Poll::Ready(Either::Second)
        } else {
            Poll::Pending
        }
    })
    .await
}
