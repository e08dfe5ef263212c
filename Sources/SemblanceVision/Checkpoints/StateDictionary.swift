import SemblanceCore

/// Finds the named tensors in what a PyTorch stream left: a state dict, or a training checkpoint around one.
struct StateDictionary {
    /// In the order of the file.
    let tensors: [(name: String, description: TensorDescription)]

    /// Keys under which training programs keep the state dict beside epochs and optimiser states.
    private static let wrappers = ["state_dict", "model_state_dict", "model"]

    /// - Throws: `model-checkpoint-damaged` if there are no named tensors.
    init(root: PickleValue, arena: PickleArena) throws(ModelError) {
        guard case .dictionary(let id) = root else {
            throw ModelError(
                .damagedCheckpoint, "Expected a dictionary of named tensors (a state dict), not \(root.kind).")
        }
        let entries = arena.entries(of: id)
        // The wrapper first: beside a state dict, training programs keep other tensors, such as the best accuracy.
        let wrapped = Self.wrapped(entries, arena: arena)
        tensors = wrapped.isEmpty ? Self.tensors(among: entries, arena: arena) : wrapped
        guard !tensors.isEmpty else {
            throw ModelError(.damagedCheckpoint, "Expected a dictionary of named tensors; it holds none.")
        }
    }

    private static func wrapped(
        _ entries: [(key: String, value: PickleValue)], arena: PickleArena
    ) -> [(name: String, description: TensorDescription)] {
        for wrapper in wrappers {
            for (key, value) in entries where key == wrapper {
                guard case .dictionary(let id) = value else { continue }
                return tensors(among: arena.entries(of: id), arena: arena)
            }
        }
        return []
    }

    private static func tensors(
        among entries: [(key: String, value: PickleValue)], arena: PickleArena
    ) -> [(name: String, description: TensorDescription)] {
        entries.compactMap { key, value in
            guard case .tensor(let number) = value else { return nil }
            return (key, arena.tensors[number])
        }
    }
}
