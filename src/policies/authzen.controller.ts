/** OpenID AuthZEN Authorization API 1.0: decisions for those who enforce them. */
import { Controller, createParamDecorator, type ExecutionContext, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../kernel/errors.js';
import { Requires } from '../platform/http/requires.js';
import { ApiZodBody } from '../platform/http/validation.js';
import { ApiZodResponse } from '../platform/http/zod-openapi.js';
import { AuthzenSearch } from './authzen-search.service.js';
import {
  type ActionSearch,
  actionSearchSchema,
  allDecidedSchema,
  decidedSchema,
  type Evaluation,
  evaluationSchema,
  type Evaluations,
  evaluationsSchema,
  foundSchema,
  renderDecided,
  renderRefused,
  type ResourceSearch,
  resourceSearchSchema,
  type Semantic,
  type SubjectSearch,
  subjectSearchSchema,
  type WireDecided,
  type WireFound,
  withDefaults,
} from './authzen.dto.js';
import { type Asker, Authzen, type Judges } from './authzen.service.js';

/** Everybody may ask about itself; about others only with this action, in the domain that is asked about. */
const ASKS = { plane: 'tenant', self: true } as const;
const ACTION = 'iam:policies:evaluate';

const CurrentAsker = createParamDecorator((_: unknown, context: ExecutionContext): Asker => {
  const { principal, beyondSelf, headers } = context.switchToHttp().getRequest<FastifyRequest>();
  if (principal === undefined || beyondSelf === undefined)
    throw new AppError('QST.Internal', 'a route without @Requires asked for its asker');
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json')
    throw new AppError('QST.BadRequest', 'The body must be JSON with Content-Type application/json.');
  return { principal, beyondSelf };
});

@ApiTags('Decisions (AuthZEN 1.0)')
@Controller('access/v1')
export class AuthzenController {
  constructor(
    private readonly authzen: Authzen,
    private readonly search: AuthzenSearch,
  ) {}

  @Requires(ACTION, ASKS)
  @Post('evaluation')
  @HttpCode(200)
  @ApiOperation({ summary: 'May this user do this on this resource?' })
  @ApiZodResponse(200, decidedSchema)
  evaluation(@CurrentAsker() asker: Asker, @ApiZodBody(evaluationSchema) body: Evaluation): Promise<WireDecided> {
    return this.decided(asker, body, new Map());
  }

  @Requires(ACTION, ASKS)
  @Post('evaluations')
  @HttpCode(200)
  @ApiOperation({ summary: 'Several such questions at once, by one version of the policies' })
  @ApiZodResponse(200, allDecidedSchema)
  async evaluations(
    @CurrentAsker() asker: Asker,
    @ApiZodBody(evaluationsSchema) body: Evaluations,
  ): Promise<WireDecided | { evaluations: WireDecided[] }> {
    const { evaluations: items = [], options } = body;
    const judges: Judges = new Map();
    if (items.length === 0) return this.decided(asker, single(body), judges);
    const semantic = options?.evaluations_semantic ?? 'execute_all';
    const evaluations: WireDecided[] = [];
    for (const item of items) {
      const read = withDefaults(body, item);
      const answer = 'value' in read ? await this.decided(asker, read.value, judges) : renderRefused(400, read.problem);
      evaluations.push(answer);
      if (isLast(answer.decision, semantic)) break;
    }
    return { evaluations };
  }

  @Requires(ACTION, ASKS)
  @Post('search/subject')
  @HttpCode(200)
  @ApiOperation({ summary: 'Which users may do this on this resource?' })
  @ApiZodResponse(200, foundSchema)
  subjects(@CurrentAsker() asker: Asker, @ApiZodBody(subjectSearchSchema) body: SubjectSearch): Promise<WireFound> {
    return this.search.subjectsOf(asker, body);
  }

  @Requires(ACTION, ASKS)
  @Post('search/resource')
  @HttpCode(200)
  @ApiOperation({
    summary: 'On which resources may this user do this?',
    description:
      'Of the resources that are known here: organizations and repositories with grants, and what a policy of the user names in ' +
      'full. What only a pattern covers is not found.',
  })
  @ApiZodResponse(200, foundSchema)
  resources(@CurrentAsker() asker: Asker, @ApiZodBody(resourceSearchSchema) body: ResourceSearch): Promise<WireFound> {
    return this.search.resourcesOf(asker, body);
  }

  @Requires(ACTION, ASKS)
  @Post('search/action')
  @HttpCode(200)
  @ApiOperation({ summary: 'What may this user do on this resource?' })
  @ApiZodResponse(200, foundSchema)
  actions(@CurrentAsker() asker: Asker, @ApiZodBody(actionSearchSchema) body: ActionSearch): Promise<WireFound> {
    return this.search.actionsOf(asker, body);
  }

  private async decided(asker: Asker, evaluation: Evaluation, judges: Judges): Promise<WireDecided> {
    const explained = await this.authzen.evaluate(asker, evaluation, judges);
    return explained === null ? renderRefused(404, 'the subject is not known') : renderDecided(explained);
  }
}

/** Without items it is the evaluation that the defaults say. */
function single(body: Evaluations): Evaluation {
  const read = withDefaults(body, {});
  if ('value' in read) return read.value;
  throw new AppError('QST.BadRequest', 'The request is not valid', {
    problems: [{ path: 'body', message: read.problem }],
  });
}

function isLast(decision: boolean, semantic: Semantic): boolean {
  return semantic === 'deny_on_first_deny' ? !decision : semantic === 'permit_on_first_permit' && decision;
}
