namespace Cairn.Snapshotter.Native;

/// <summary>What one call of a decoder did.</summary>
/// <param name="Consumed">Bytes of input used.</param>
/// <param name="Produced">Bytes of output written.</param>
/// <param name="IsEnd">A frame or stream ended here; another may follow.</param>
internal readonly record struct DecodeStep(int Consumed, int Produced, bool IsEnd);
