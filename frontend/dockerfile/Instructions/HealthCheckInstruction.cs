using Cairn.Frontend.Dockerfile.Images;
using Cairn.Frontend.Dockerfile.Parsing;

namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>How a container is checked.</summary>
internal sealed record HealthCheckInstruction(InstructionText Text, HealthCheck Check) : Instruction(Text);
