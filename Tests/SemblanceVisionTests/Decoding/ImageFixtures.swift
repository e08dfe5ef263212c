import Foundation
import SemblanceCore
import SemblanceVision
import Testing

/// Pictures and reference pixels that scripts/references/make_image_references.py made.
enum ImageFixtures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/images")

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }

    /// Every picture's file name, in order.
    static let names: [String] = {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return all.filter { !$0.hasSuffix(".json") }.sorted()
    }()

    static let references: [ImageReference] = {
        guard let data = try? Data(contentsOf: folder.appending(path: "references.json")) else { return [] }
        return (try? JSONDecoder().decode([String: [ImageReference]].self, from: data))?["cases"] ?? []
    }()
}

/// A model's input as Pillow computes it.
struct ImageReference: Decodable, Sendable, CustomTestStringConvertible {
    let file: String
    let fit: Preprocessing.Fit
    let size: Int
    let filter: Preprocessing.Filter
    let resizeTo: Int?
    let region: [Double]?
    /// How far Pillow shrank the JPEG within the DCT.
    let reduction: Int
    let tolerance: Int
    /// Of the upright image.
    let width: Int
    let height: Int
    let pixels: Data

    enum CodingKeys: String, CodingKey {
        case file, fit, size, filter, region, reduction, tolerance, width, height, pixels
        case resizeTo = "resize_to"
    }

    var testDescription: String {
        "\(file) \(fit.rawValue) \(size) \(filter.rawValue) region \(region.map { "\($0)" } ?? "whole")"
    }

    var preprocessing: Preprocessing { .bytes(size: size, fit: fit, resizeTo: resizeTo, filter: filter) }

    func makeRegion() throws -> Region? {
        try region.map { try Region(x: $0[0], y: $0[1], width: $0[2], height: $0[3]) }
    }
}

extension Preprocessing {
    /// Preprocessing whose normalisation plays no part.
    static func bytes(
        size: Int, fit: Fit = .pad, resizeTo: Int? = nil, filter: Filter = .bicubic
    ) -> Preprocessing {
        Preprocessing(
            size: size, fit: fit, resizeTo: resizeTo, filter: filter, mean: [0, 0, 0], deviation: [1, 1, 1])
    }
}

extension ImageDecoder {
    func header(of bytes: [UInt8]) throws -> ImageHeader {
        try bytes.withUnsafeBytes { try header(of: $0) }
    }

    func prepare(
        _ bytes: [UInt8], for preprocessing: Preprocessing = .bytes(size: 24), region: Region? = nil
    ) throws -> DecodedImage {
        try bytes.withUnsafeBytes { try prepare($0, for: preprocessing, region: region) }
    }

    func thumbnail(of bytes: [UInt8], longestSide: Int = 320) throws -> [UInt8] {
        try bytes.withUnsafeBytes { try thumbnail(of: $0, longestSide: longestSide) }
    }
}

/// The largest difference between two pictures of the same size, 0…255.
func largestDifference(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Int {
    zip(left, right).map { abs(Int($0) - Int($1)) }.max() ?? 0
}
