/// A page that stands for itself: no script, nothing fetched from anywhere, pictures inside.
struct ReportPage {
    let title: String
    let body: HTML
    let footer: String

    /// The policy makes sure of it: whatever a name may smuggle in, the page can load nothing.
    var html: HTML {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:,">
        <title>\(title)</title>
        <style>
        \(HTML(raw: ReportStyle.css))
        </style></head>
        <body><main>
        \(body)
        <footer>\(footer)</footer>
        </main></body></html>

        """
    }
}
