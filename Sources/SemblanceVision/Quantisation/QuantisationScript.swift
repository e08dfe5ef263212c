/// The program that NNCF runs in. It gets the path of a job's JSON file; progress goes to standard output, one word and
/// a number a line after a mark; what the libraries print goes beside it.
enum QuantisationScript {
    /// Begins each line of progress.
    static let mark = "#semblance "
    /// Exit status for a graph that holds 8-bit numbers already.
    static let alreadyQuantised: Int32 = 3

    static let text = #"""
        import json
        import sys


        def say(text):
            print("\#(mark)" + text, flush=True)


        say("loading 0")
        import numpy
        import openvino
        import nncf

        with open(sys.argv[1], encoding="utf-8") as file:
            job = json.load(file)

        model = openvino.Core().read_model(job["model"])
        names = [operation.get_type_name() for operation in model.get_ordered_ops()]
        if "FakeQuantize" in names:
            sys.exit(\#(alreadyQuantised))

        side = job["size"]
        count = -1 if job["takes_batches"] else 1
        is_first = job["layout"] == "NCHW"
        model.reshape([count, 3, side, side] if is_first else [count, side, side, 3])

        pictures = numpy.load(job["pictures"], mmap_mode="r")
        mean = numpy.array(job["mean"], dtype=numpy.float32)
        deviation = numpy.array(job["deviation"], dtype=numpy.float32)
        element = getattr(numpy, job["element"])
        seen = 0


        def prepare(picture):
            global seen
            seen += 1
            say(f"calibrating {min(seen, len(pictures))}")
            value = (picture.astype(numpy.float32) - mean) / deviation
            if job["channels"] == "bgr":
                value = value[..., ::-1]
            if is_first:
                value = value.transpose(2, 0, 1)
            return numpy.ascontiguousarray(value[numpy.newaxis]).astype(element)


        # Attention needs other treatment than convolutions: more than a classifier's one Softmax gives it away.
        is_transformer = names.count("Softmax") + names.count("ScaledDotProductAttention") >= 2
        quantised = nncf.quantize(
            model,
            nncf.Dataset(pictures, prepare),
            subset_size=len(pictures),
            model_type=nncf.ModelType.TRANSFORMER if is_transformer else None,
        )
        say("writing 0")
        openvino.save_model(quantised, job["output"], compress_to_fp16=False)
        """#
}
