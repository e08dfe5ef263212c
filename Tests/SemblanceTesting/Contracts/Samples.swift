import Foundation
import SemblanceCore

/// Images, spaces and jobs to put into stores; equal numbers give equal values.
public enum Samples {
    public static let dimension = 8

    public static func space(
        in catalogue: Catalogue.ID, modelID: String = "m", digest: String = "d1", dimension: Int = dimension
    ) -> EmbeddingSpace {
        EmbeddingSpace(
            catalogueID: catalogue, model: ModelVersion(modelID: modelID, digest: digest, dimension: dimension))
    }

    public static func hash(_ number: Int) -> ContentHash {
        ContentHash(hashing: Array("image \(number)".utf8))
    }

    public static func embedding(_ number: Int, dimension: Int = dimension) -> Embedding {
        var generator = SeededGenerator(seed: UInt64(number))
        let values = (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) }
        return Embedding(normalising: values)!
    }

    public static func file(_ path: String, version: Int64 = 1) -> SourceFile {
        SourceFile(path: path, byteCount: 1000 + version, modifiedNanoseconds: 1_700_000_000_000_000_000 + version)
    }

    /// - Parameter inPlace: the path of an image that is left there and read from there; `nil` for a stored one.
    public static func image(
        _ number: Int, inPlace path: String? = nil, source: SourceFile? = nil, metadata: JSONValue = .object([:]),
        dimension: Int = dimension
    ) -> NewImage {
        NewImage(
            hash: hash(number), name: "\(number).jpg", location: path.map { .inPlace(path: $0) } ?? .stored,
            header: ImageHeader(format: .jpeg, width: 640 + number, height: 480), byteCount: Int64(10_000 + number),
            metadata: metadata, embedding: embedding(number, dimension: dimension),
            source: source ?? path.map { file($0) })
    }

    public static func ingestion(of path: String = "/pictures") -> JobWork {
        .ingest(
            IngestWork(
                catalogue: "default", modelID: "m",
                source: .paths([path], copies: false, prunes: true, metadataPath: nil),
                metadata: ["key": "value \0 \u{1F600}"]))
    }

    public static func search(_ name: String = "query.jpg") -> JobWork {
        .search(
            SearchWork(
                catalogue: "default", modelID: "m", upload: SpooledUpload(path: "/spool/1", name: name), limit: 10))
    }
}
