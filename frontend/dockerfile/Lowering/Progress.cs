namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>How far the lowering of a stage is.</summary>
internal enum Progress
{
    Waiting,
    Running,
    Done,
}
