//! Facade `Block`: commands that are disabled in a model, and which methods that keeps back (`state/block.go`).

use juju_wire::{
    ErrorResult, RemoteError,
    facade::block::{BlockDetails, BlockResult, BlockResults, BlockSwitchParams, List, SwitchBlockOff, SwitchBlockOn},
    tag::Tag,
};

use crate::{
    call::Call,
    command_blocks::{CHANGE, DESTROY, REMOVE},
    methods::Methods,
    state::{Block, ModelAccess},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<List>(list);
    methods.on::<SwitchBlockOn>(|call, params| Ok(ErrorResult::of(switch(call, params, true))));
    methods.on::<SwitchBlockOff>(|call, params| Ok(ErrorResult::of(switch(call, params, false))));
}

fn list(call: &Call, (): ()) -> Result<BlockResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    call.read(|state| {
        let model = state.models.get(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let result = |(kind, block): (&&str, &Block)| BlockResult {
            result: BlockDetails {
                id: format!("{uuid}:{}", block.number),
                tag: Tag::new("model", uuid).to_string(),
                kind: (*kind).to_owned(),
                message: block.message.clone(),
            },
            error: None,
        };
        Ok(BlockResults { results: model.blocks.iter().map(result).collect() })
    })
}

fn switch(call: &Call, params: BlockSwitchParams, on: bool) -> Result<(), RemoteError> {
    call.require(ModelAccess::Write)?;
    let uuid = call.model_uuid()?;
    let known = [CHANGE, REMOVE, DESTROY].into_iter().find(|kind| *kind == params.kind);
    let kind = known.ok_or_else(|| RemoteError::plain(format!("unknown block type {}", params.kind)))?;
    call.write(|state| {
        let model = state.models.get_mut(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        if !on {
            model.blocks.remove(kind);
        } else if let Some(block) = model.blocks.get_mut(kind) {
            block.message = params.message;
        } else {
            let number = model.next_block;
            model.next_block += 1;
            model.blocks.insert(kind, Block { number, message: params.message });
        }
        Ok(())
    })
}
