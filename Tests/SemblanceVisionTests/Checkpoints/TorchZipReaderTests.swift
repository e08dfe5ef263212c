import SemblanceCore
import SemblanceVision
import Testing

@Suite struct TorchZipReaderTests {
    private var torch: TorchFileWriter { .floats([1, 2, 3, 4, 5, 6], shape: [2, 3], strides: [3, 1]) }

    @Test func readsWhatPyTorchWrote() throws {
        let checkpoint = try ConvNetFixture.basic.checkpoint()
        #expect(checkpoint.tensors.count == 104)
        #expect(checkpoint["conv1.weight"]?.shape == [64, 3, 7, 7])
        #expect(try checkpoint["bn1.num_batches_tracked"]?.floats() == [3])
    }

    @Test(arguments: [(false, false), (false, true), (true, true)])
    func readsStorages(isZip64: Bool, hasZip64End: Bool) throws {
        var writer = StoredZipWriter(torch)
        writer.isZip64 = isZip64
        writer.hasZip64End = hasZip64End
        let tensor = try #require(try writer.checkpoint()["w"])
        #expect(tensor.shape == [2, 3])
        #expect(try tensor.floats() == [1, 2, 3, 4, 5, 6])
    }

    @Test func readsViewsThatShareAStorage() throws {
        var torch = torch
        torch.tensors[0].shape = [3, 2]
        torch.tensors[0].strides = [1, 3]
        torch.tensors.append(.init(name: "tail", storage: 0, offset: 4, shape: [2], strides: [1]))
        let checkpoint = try StoredZipWriter(torch).checkpoint()
        #expect(try checkpoint["w"]?.floats() == [1, 4, 2, 5, 3, 6])
        #expect(try checkpoint["tail"]?.floats() == [5, 6])
    }

    @Test func findsTheStateDictOfATrainingCheckpoint() throws {
        var torch = torch
        torch.wrapper = "state_dict"
        torch.tensors[0].name = "module.w"
        #expect(try StoredZipWriter(torch).checkpoint()["w"]?.floats() == [1, 2, 3, 4, 5, 6])
    }

    @Test func readsFilesFromBeforeTheNoteOfTheByteOrder() throws {
        #expect(try StoredZipWriter(torch, byteOrder: nil).checkpoint()["w"]?.count == 6)
        let error = refusal(of: StoredZipWriter(torch, byteOrder: "big"))
        #expect(error?.message.contains("little-endian") == true)
    }

    @Test func readsAnArchiveWithAComment() throws {
        var writer = StoredZipWriter(torch)
        writer.comment = Array("from the publisher".utf8)
        #expect(try writer.checkpoint()["w"]?.count == 6)
    }

    // MARK: Damage

    private func refusal(of writer: StoredZipWriter) -> ModelError? {
        #expect(throws: ModelError.self) { try writer.checkpoint() }
    }

    private func refusal(_ change: (inout StoredZipWriter) -> Void) -> ModelError? {
        var writer = StoredZipWriter(torch)
        change(&writer)
        return refusal(of: writer)
    }

    @Test func refusesForbiddenClasses() {
        var pickle = PickleWriter()
        pickle.global("os", "system")
        pickle.text("touch /tmp/executed")
        pickle.raw(0x85)
        pickle.reduce()
        pickle.stop()
        let error = refusal { $0.entries[0].bytes = pickle.bytes }
        #expect(error?.code == .forbiddenPickle)
        #expect(error?.message.contains("'os.system'") == true)
        #expect(error?.message.contains("'test.pth'") == true)
    }

    @Test func refusesPrograms() {
        let error = refusal { $0.entries.append(.init(name: "archive/constants.pkl", bytes: [0x80, 2, 0x29, 0x2E])) }
        #expect(error?.code == .forbiddenPickle)
        #expect(error?.message.contains("state_dict()") == true)
    }

    @Test func namesTheTensorWhoseStorageIsMissing() {
        let error = refusal { $0.entries.remove(at: 2) }
        #expect(error?.message.contains("'w'") == true)
        #expect(error?.message.contains("'7'") == true)
    }

    @Test func namesTheTensorWhoseStorageHasAnotherSize() {
        let error = refusal { $0.entries[2].bytes.removeLast(4) }
        #expect(error?.message.contains("'w'") == true)
        #expect(error?.message.contains("not 20 bytes") == true)
    }

    @Test func namesTheTensorThatLeavesItsStorage() {
        for (offset, shape, strides) in [
            (1, [2, 3], [3, 1]), (0, [7], [1]), (Int.max, [1], [1]), (0, [2], [Int.max]),
        ] {
            var torch = torch
            torch.tensors[0].offset = offset
            torch.tensors[0].shape = shape
            torch.tensors[0].strides = strides
            let error = refusal(of: StoredZipWriter(torch))
            #expect(error?.code == .damagedCheckpoint && error?.message.contains("'w'") == true, "\(shape) \(strides)")
        }
    }

    @Test func refusesStoragesThatOverlap() {
        var torch = torch
        torch.storages.append(.init(key: "8", count: 6, bytes: torch.storages[0].bytes))
        torch.tensors.append(.init(name: "v", storage: 1, shape: [6], strides: [1]))
        var writer = StoredZipWriter(torch)
        // The second storage's header is where the first one's is: the same bytes under two names.
        let start = writer.entries.prefix(2).reduce(0) { $0 + 37 + $1.name.utf8.count + $1.bytes.count }
        writer.entries[3].offset = UInt64(start)
        #expect(refusal(of: writer)?.message.contains("another name") == true)
        writer.entries[3].name = writer.entries[2].name
        #expect(refusal(of: writer)?.message.contains("listed twice") == true)
    }

    /// An entry whose content, as the directory tells it, reaches into the next.
    @Test func refusesEntriesThatReachIntoAnother() {
        #expect(refusal { $0.entries[2].count = 77 }?.message.contains("overlaps another") == true)
    }

    @Test func refusesEntriesOutsideTheFile() {
        for isZip64 in [false, true] {
            for offset in [1, 10_000, UInt64(UInt32.max) - 1] {
                let error = refusal {
                    $0.isZip64 = isZip64
                    $0.entries[2].offset = offset
                }
                #expect(error?.code == .damagedCheckpoint, "\(offset)")
                #expect(error?.message.contains("byte") == true)
            }
        }
        for value in [UInt64.max, 1 << 63, UInt64(Int.max)] {
            #expect(
                refusal {
                    $0.isZip64 = true
                    $0.entries[2].offset = value
                }?.code == .damagedCheckpoint)
            #expect(
                refusal {
                    $0.isZip64 = true
                    $0.entries[2].count = value
                }?.code == .damagedCheckpoint)
            #expect(
                refusal {
                    $0.isZip64 = true
                    $0.directoryOffset = value
                }?.code == .damagedCheckpoint)
            #expect(
                refusal {
                    $0.isZip64 = true
                    $0.entryCount = value
                }?.code == .damagedCheckpoint)
        }
    }

    @Test func refusesWhatIsNotStored() {
        #expect(refusal { $0.entries[2].method = 8 }?.message.contains("compressed") == true)
        #expect(refusal { $0.entries[2].flags = 1 }?.message.contains("encrypted") == true)
    }

    @Test func refusesEntryCountsThatAreWrong() {
        #expect(refusal { $0.entryCount = 3 }?.message.contains("more than its entries") == true)
        #expect(refusal { $0.entryCount = 5 }?.code == .damagedCheckpoint)
        #expect(refusal { $0.disk = 1 }?.message.contains("one file") == true)
    }

    @Test func refusesArchivesWithoutOnePickle() {
        #expect(refusal { $0.entries.remove(at: 0) }?.message.contains("'data.pkl'") == true)
        let second = StoredZipWriter.Entry(name: "other/data.pkl", bytes: torch.body())
        #expect(refusal { $0.entries.append(second) }?.message.contains("not 2") == true)
    }

    @Test func refusesBytesAfterThePickle() {
        #expect(refusal { $0.entries[0].bytes.append(0) }?.message.contains("expected the end") == true)
    }

    @Test func refusesAFileCutOffAnywhere() throws {
        let whole = StoredZipWriter(torch).file()
        for length in 0..<whole.count {
            let error = #expect(throws: ModelError.self) {
                try Checkpoint.read(CheckpointFile(whole.prefix(length), name: "cut.pth"))
            }
            #expect(error?.code == .damagedCheckpoint, "\(length) bytes")
        }
    }

    @Test func refusesWeightsThatAreNotFinite() throws {
        let checkpoint = try StoredZipWriter(.floats([1, .nan], shape: [2], strides: [1])).checkpoint()
        let error = #expect(throws: ModelError.self) { try checkpoint["w"]?.floats() }
        #expect(error?.message.contains("'w' holds nan at element 1") == true)
    }
}
