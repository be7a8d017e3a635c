namespace Cairn.Snapshotter.Native;

/// <summary>Reads xz streams.</summary>
internal sealed unsafe class XzDecodingStream : DecodingStream
{
    private readonly LzmaStream* _stream;

    public XzDecodingStream(Stream source)
        : base(source, "xz")
    {
        _stream = (LzmaStream*)System.Runtime.InteropServices.NativeMemory.AllocZeroed((nuint)sizeof(LzmaStream));
        int result = Liblzma.lzma_stream_decoder(_stream, ulong.MaxValue, Liblzma.LZMA_CONCATENATED);
        if (result != Liblzma.LZMA_OK)
        {
            throw Damaged($"the decoder does not start (code {result})");
        }
    }

    protected override DecodeStep Decode(ReadOnlySpan<byte> input, Span<byte> output, bool isLast)
    {
        fixed (byte* inputStart = input)
        fixed (byte* outputStart = output)
        {
            _stream->next_in = inputStart;
            _stream->avail_in = (nuint)input.Length;
            _stream->next_out = outputStart;
            _stream->avail_out = (nuint)output.Length;
            int result = Liblzma.lzma_code(_stream, isLast ? Liblzma.LZMA_FINISH : Liblzma.LZMA_RUN);
            if (result is not (Liblzma.LZMA_OK or Liblzma.LZMA_STREAM_END or Liblzma.LZMA_BUF_ERROR))
            {
                throw Damaged($"the data is not valid (code {result})");
            }
            return new DecodeStep(
                input.Length - (int)_stream->avail_in, output.Length - (int)_stream->avail_out, result == Liblzma.LZMA_STREAM_END);
        }
    }

    protected override void Free()
    {
        Liblzma.lzma_end(_stream);
        System.Runtime.InteropServices.NativeMemory.Free(_stream);
    }
}
