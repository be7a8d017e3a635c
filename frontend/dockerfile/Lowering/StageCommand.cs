using Cairn.Frontend.Dockerfile.Instructions;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>An instruction and the stages it takes files from.</summary>
/// <param name="Instruction">The instruction.</param>
/// <param name="Sources">For COPY one or none (the build context); for RUN one for each mount, null for the context and for mounts without a tree.</param>
internal sealed record StageCommand(Instruction Instruction, IReadOnlyList<StageState?> Sources);
