import SemblanceCore

extension LocalVectorIndex {
    /// Opens the newest whole generation, or makes one. What cannot be read is deleted: the store has it all.
    ///
    /// Never fails: without files, rows stay in memory (`storageProblem` says why).
    func openFiles() async throws {
        try await threads.files.run { [self] in
            writer.withLock { writer in
                do {
                    let (generation, segment) = try openOrCreate()
                    writer.generation = generation
                    writer.problem = nil
                    publish(Snapshot(segments: [segment, .overlay(layout: layout)]))
                } catch {
                    writer.generation = nil
                    writer.problem = error
                    publish(Snapshot(segments: Self.emptySegments(layout)))
                }
            }
        }
    }

    private func openOrCreate() throws -> (Generation?, Segment) {
        switch access {
        case .readOnly: try openBesideWriter()
        case .readWrite: try openAsWriter()
        }
    }

    private func openAsWriter() throws -> (Generation?, Segment) {
        if let generation = folder.openNewest(.readWrite), let segment = try? generation.load() {
            generation.cut(to: segment.count)
            folder.removeAll(except: generation)
            return (generation, segment)
        }
        let generation = try folder.createNext()
        folder.removeAll(except: generation)
        return (generation, try generation.load())
    }

    /// The writer may replace a generation between listing and opening: then the list is read again.
    private func openBesideWriter() throws -> (Generation?, Segment) {
        for _ in 0..<3 {
            if let generation = folder.openNewest(.readOnly), let segment = try? generation.load() {
                return (nil, segment)
            }
        }
        return (nil, Segment(RowStorage(allocating: 0, layout: layout)))
    }

    /// Starts over with empty files, if somebody else has cut them.
    func startOver() async throws {
        try await threads.files.run { [self] in
            writer.withLock { writer in
                guard !writer.isAbandoned, (try? soundSnapshot()) == nil else { return }
                writer.generation = nil
                publish(Snapshot(segments: Self.emptySegments(layout)))
                guard access == .readWrite else { return }
                do {
                    let generation = try folder.createNext()
                    writer.generation = generation
                    folder.removeAll(except: generation)
                    publish(Snapshot(segments: [try generation.load(), .overlay(layout: layout)]))
                } catch {
                    writer.problem = error
                }
            }
        }
    }
}
