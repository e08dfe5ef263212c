import Foundation
import SemblanceCore
import SemblanceLab

/// What trec_eval and SciPy say, out of `Fixtures/metrics.json` (`scripts/references/make_metric_references.py`).
struct MetricReferences {
    struct Ranking {
        let name: String
        let run: [(image: LabelledImage.ID, score: Float)]
        let judged: [LabelledImage.ID: Int]
        let expected: [Double]
    }

    struct Copies {
        let pairs: [(query: Int, image: Int, score: Float)]
        let right: [(query: Int, image: Int)]
        let expected: Double
    }

    struct Paired {
        let differences: [Double]
        let student: Double
        let randomisation: Double?
    }

    let metrics: [Metric]
    let rankings: [Ranking]
    let copies: [Copies]
    let paired: [Paired]
    /// x, a, b and I_x(a, b).
    let beta: [[Double]]

    init() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/metrics.json")
        let all = try JSONValue(parsing: Data(contentsOf: path))
        metrics = try all.list("keys").map { try Metric(key: $0.text()) }
        rankings = try all.list("rankings").map(Ranking.init)
        copies = try all.list("copies").map(Copies.init)
        paired = try all.list("paired").map {
            Paired(
                differences: try $0.list("differences").map { try $0.number() },
                student: try $0.member("student").number(), randomisation: try $0["randomisation"]?.number())
        }
        beta = try all.list("beta").map { try $0.elements().map { try $0.number() } }
    }
}

extension MetricReferences.Ranking {
    fileprivate init(_ json: JSONValue) throws {
        name = try json.member("name").text()
        // trec_eval reads a double and keeps it in single precision.
        run = try json.list("run").map { (LabelledImage.ID(try $0[0].text()), Float(try $0[1].number())) }
        judged = Dictionary(
            uniqueKeysWithValues: try json.list("judged").map {
                (LabelledImage.ID(try $0[0].text()), Int(try $0[1].number()))
            })
        expected = try json.list("expected").map { try $0.number() }
    }
}

extension MetricReferences.Copies {
    fileprivate init(_ json: JSONValue) throws {
        pairs = try json.list("pairs").map {
            (Int(try $0[0].number()), Int(try $0[1].number()), Float(try $0[2].number()))
        }
        right = try json.list("right").map { (Int(try $0[0].number()), Int(try $0[1].number())) }
        expected = try json.member("expected").number()
    }
}

private struct UnexpectedShape: Error {}

extension JSONValue {
    fileprivate func member(_ name: String) throws -> JSONValue {
        guard let value = self[name] else { throw UnexpectedShape() }
        return value
    }

    fileprivate func elements() throws -> [JSONValue] {
        guard case .array(let values) = self else { throw UnexpectedShape() }
        return values
    }

    fileprivate func list(_ name: String) throws -> [JSONValue] { try member(name).elements() }

    fileprivate subscript(index: Int) -> JSONValue {
        get throws { try elements()[index] }
    }

    fileprivate func text() throws -> String {
        guard case .string(let text) = self else { throw UnexpectedShape() }
        return text
    }

    fileprivate func number() throws -> Double {
        guard case .number(let number) = self else { throw UnexpectedShape() }
        return number
    }
}
