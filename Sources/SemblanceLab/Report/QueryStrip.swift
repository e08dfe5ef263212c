import Foundation

/// A query and its neighbours in a row, as pictures.
struct QueryStrip {
    let set: LabelledSet
    let thumbnails: Thumbnails
    let count: Int

    func html(query: Int) -> HTML {
        "<li class=\"asked\">\(shot(query, badge: .empty))\(caption(query))</li>"
    }

    func html(_ nearest: [RankedImage]) -> HTML {
        let items = nearest.prefix(count).map { image in
            let isRight = image.grade > 0
            return """
                <li class="\(isRight ? "hit" : "miss")">\
                \(shot(image.position, badge: "<span class=\"badge\">\(isRight ? "✓" : "✗")</span>"))\
                <span class="number">\(Figures.value(Double(image.score)))</span> \(caption(image.position))</li>
                """ as HTML
        }
        return HTML(raw: items.map(\.text).joined())
    }

    private func shot(_ position: Int, badge: HTML) -> HTML {
        let name = set.images[position].id.text
        return "<div class=\"shot\" title=\"\(name)\">\(thumbnails.image(position, named: name))\(badge)</div>"
    }

    /// Its class; or its name, where there are no classes or no pictures.
    private func caption(_ position: Int) -> HTML {
        let image = set.images[position]
        let label = set.relevance.isByLabel ? image.labels.joined(separator: ", ") : ""
        let name = image.id.text.split(separator: "/").last.map(String.init) ?? image.id.text
        if thumbnails.isEmpty { return label.isEmpty ? "\(name)" : "\(name)<br><small>\(label)</small>" }
        return "\(label.isEmpty ? name : label)"
    }
}
