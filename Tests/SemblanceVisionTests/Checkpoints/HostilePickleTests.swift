import SemblanceCore
import SemblanceVision
import Testing

/// Pickles that would do something else than describe tensors.
@Suite struct HostilePickleTests {
    private func refusal(of pickle: PickleWriter) -> ModelError? {
        #expect(throws: ModelError.self) {
            try Checkpoint.read(CheckpointFile(TorchFileWriter.file(withBody: pickle.bytes), name: "bad.pth"))
        }
    }

    @Test(arguments: [
        ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("__builtin__", "exec"),
        ("subprocess", "Popen"), ("torch", "load"), ("torch", "Storage"), ("torch._utils", "_rebuild_qtensor"),
        ("torch.hub", "load"), ("collections", "defaultdict"), ("numpy.core.multiarray", "_reconstruct"), ("", ""),
    ])
    func refusesForbiddenClasses(module: String, name: String) {
        var pickle = PickleWriter()
        pickle.global(module, name)
        pickle.text("touch /tmp/executed")
        pickle.raw(0x85)
        pickle.reduce()
        pickle.stop()
        let error = refusal(of: pickle)
        #expect(error?.code == .forbiddenPickle)
        #expect(error?.message.contains("'\(module).\(name)'") == true)
        #expect(error?.message.contains("At byte") == true)
    }

    @Test func refusesForbiddenClassesNamedOnTheStack() {
        var pickle = PickleWriter()
        pickle.text("os")
        pickle.text("system")
        pickle.raw(0x93)
        pickle.stop()
        #expect(refusal(of: pickle)?.code == .forbiddenPickle)
    }

    @Test(arguments: [0x69, 0x6F, 0x81, 0x82, 0x83, 0x84, 0x92, 0x50, 0x97] as [UInt8])
    func refusesInstructionsThatMakeObjects(opcode: UInt8) {
        var pickle = PickleWriter()
        pickle.mark()
        pickle.raw(opcode)
        #expect(refusal(of: pickle)?.code == .forbiddenPickle)
    }

    @Test func refusesStateOnAnythingButADictionary() {
        var pickle = PickleWriter()
        pickle.raw(0x5D, 0x7D, 0x62)
        pickle.stop()
        #expect(refusal(of: pickle)?.code == .forbiddenPickle)
    }

    @Test(
        arguments: [
            [0x30], [0x31], [0x32], [0x52], [0x62], [0x51], [0x61], [0x65], [0x73], [0x75], [0x74], [0x85], [0x93],
            [0x2E],
            [0x71, 0], [0x68, 9], [0x94], [0x28, 0x2E], [0x28, 0x52], [0xFF], [0x80, 9], [0x8A, 200],
            [0x58, 0xFF, 0xFF, 0xFF, 0xFF], [0x8D, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x54, 0xFF, 0xFF, 0xFF, 0xFF], [0x5D, 0x4E, 0x73], [0x7D, 0x28, 0x4E, 0x75],
        ] as [[UInt8]])
    func refusesInstructionsWithoutWhatTheyNeed(instructions: [UInt8]) {
        var pickle = PickleWriter()
        pickle.bytes += instructions
        #expect(refusal(of: pickle)?.code == .damagedCheckpoint)
    }

    /// A million tuples, one in the other, and a list that holds itself: following either would overflow the stack.
    @Test func survivesNestingWithoutEnd() {
        var nested = PickleWriter()
        nested.raw(0x29)
        nested.bytes += [UInt8](repeating: 0x85, count: 1_000_000)
        nested.stop()
        #expect(refusal(of: nested)?.message.contains("not a tuple") == true)

        var circular = PickleWriter()
        circular.raw(0x5D, 0x71, 0, 0x68, 0, 0x61)
        circular.stop()
        #expect(refusal(of: circular)?.message.contains("not a list") == true)
    }

    /// 100,000 pairs, made into a dictionary 200 times: 40 million values out of 2 MB, refused on the way.
    @Test func limitsTheMemoryThatAStreamCanAskFor() {
        var pickle = PickleWriter()
        pickle.raw(0x5D, 0x71, 0, 0x28)
        for _ in 0..<100_000 { pickle.raw(0x4E, 0x4E, 0x86) }
        pickle.raw(0x65, 0x30)
        for _ in 0..<200 {
            pickle.global("collections", "OrderedDict")
            pickle.raw(0x68, 0, 0x85, 0x52, 0x30)
        }
        pickle.raw(0x4E)
        pickle.stop()
        #expect(refusal(of: pickle)?.message.contains("at most") == true)
    }

    @Test func refusesARootThatHoldsNoTensors() {
        var empty = PickleWriter()
        empty.raw(0x7D)
        empty.stop()
        #expect(refusal(of: empty)?.message.contains("holds none") == true)
    }
}
