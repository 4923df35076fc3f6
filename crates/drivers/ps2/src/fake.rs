//! An i8042 with a keyboard for the tests, and the ways in which real ones fail.

use alloc::collections::VecDeque;
use core::cell::{Cell, RefCell};
use system_platform::PortIo;

/// How the machine differs from a good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Nothing at the ports.
    Absent,
    /// There is always one more byte to read.
    NeverEmpty,
    /// Bytes written are never taken.
    InputStuck,
    /// Commands are taken and not answered.
    Mute,
    SelfTestAnswers(u8),
    SelfTestResetsConfig,
    PortTestAnswers(u8),
    NoKeyboard,
}

pub struct FakeController {
    fault: Fault,
    state: RefCell<State>,
    accesses: Cell<usize>,
}

struct State {
    config: u8,
    /// Bytes to be read, and whether each is the mouse's.
    output: VecDeque<(u8, bool)>,
    /// The command whose parameter the next data byte is.
    expects_config: bool,
    keyboard_enabled: bool,
    mouse_enabled: bool,
    scanning: bool,
    was_reset: bool,
}

impl FakeController {
    pub fn with(fault: Fault) -> Self {
        let state = State {
            // As a BIOS leaves it: both interrupts on, translation on, mouse clock running.
            config: 0x47,
            output: VecDeque::new(),
            expects_config: false,
            keyboard_enabled: true,
            mouse_enabled: true,
            scanning: false,
            was_reset: false,
        };
        Self { fault, state: RefCell::new(state), accesses: Cell::new(0) }
    }

    pub fn config(&self) -> u8 {
        self.state.borrow().config
    }

    pub fn keyboard_is_scanning(&self) -> bool {
        let state = self.state.borrow();
        state.keyboard_enabled && state.scanning
    }

    pub fn mouse_is_on(&self) -> bool {
        self.state.borrow().mouse_enabled
    }

    pub fn was_reset(&self) -> bool {
        self.state.borrow().was_reset
    }

    pub fn accesses(&self) -> usize {
        self.accesses.get()
    }

    pub fn press(&self, scancodes: &[u8]) {
        self.state.borrow_mut().output.extend(scancodes.iter().map(|&byte| (byte, false)));
    }

    pub fn move_mouse(&self, bytes: &[u8]) {
        self.state.borrow_mut().output.extend(bytes.iter().map(|&byte| (byte, true)));
    }

    fn run_command(&self, command: u8) {
        let mut state = self.state.borrow_mut();
        let config = state.config;
        let mut answer = |byte| {
            if self.fault != Fault::Mute {
                state.output.push_back((byte, false));
            }
        };
        match command {
            0x20 => answer(config),
            0xAA => answer(match self.fault {
                Fault::SelfTestAnswers(byte) => byte,
                _ => 0x55,
            }),
            0xAB => answer(match self.fault {
                Fault::PortTestAnswers(byte) => byte,
                _ => 0x00,
            }),
            0x60 => state.expects_config = true,
            0xA7 => state.mouse_enabled = false,
            0xAD => state.keyboard_enabled = false,
            0xAE => state.keyboard_enabled = true,
            0xFE => state.was_reset = true,
            _ => panic!("unexpected controller command {command:#x}"),
        }
        if command == 0xAA && self.fault == Fault::SelfTestResetsConfig {
            state.config = 0x30;
        }
    }
}

impl PortIo for FakeController {
    fn read_u8(&self, port: u16) -> u8 {
        self.accesses.set(self.accesses.get() + 1);
        if self.fault == Fault::Absent {
            return 0xFF;
        }
        let mut state = self.state.borrow_mut();
        match port {
            0x60 => state.output.pop_front().map_or(0, |(byte, _)| byte),
            0x64 => {
                let waiting = state.output.front().copied();
                let is_full = waiting.is_some() || self.fault == Fault::NeverEmpty;
                let is_mouse = waiting.is_some_and(|(_, is_mouse)| is_mouse);
                let is_stuck = self.fault == Fault::InputStuck;
                u8::from(is_full) | u8::from(is_stuck) << 1 | u8::from(is_mouse) << 5
            }
            _ => panic!("unexpected port {port:#x}"),
        }
    }

    fn write_u8(&self, port: u16, value: u8) {
        self.accesses.set(self.accesses.get() + 1);
        if self.fault == Fault::Absent {
            return;
        }
        match port {
            0x64 => self.run_command(value),
            0x60 if self.state.borrow().expects_config => {
                let mut state = self.state.borrow_mut();
                state.config = value;
                state.expects_config = false;
            }
            0x60 => {
                assert_eq!(value, 0xF4, "the only command for the keyboard");
                let mut state = self.state.borrow_mut();
                assert_eq!(state.config & 0x03, 0, "no interrupt may take the answer");
                if self.fault != Fault::NoKeyboard {
                    state.scanning = true;
                    state.output.push_back((0xFA, false));
                }
            }
            _ => panic!("unexpected port {port:#x}"),
        }
    }
}
