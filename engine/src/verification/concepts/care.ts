import { coded, concept, dated, flag, referring, word } from './concept.ts';
import type { Concept } from './concept.ts';
import { codingsAt, referencesAt, textsAt } from './elements.ts';

const shots = ['Immunization'];
const procedures = ['Procedure'];
const requests = ['ServiceRequest'];
const appointments = ['Appointment'];

export const care: readonly Concept[] = [
  concept('vaccine-code', shots, 'Vaccine as a code.', codingsAt('vaccineCode.coding'), coded),
  concept('vaccine-text', shots, 'Vaccine in words.', textsAt('vaccineCode.text')),
  concept(
    'immunization-status',
    shots,
    'Given, not given, entered in error.',
    textsAt('status'),
    word,
  ),
  concept('immunization-date', shots, 'When it was given.', textsAt('occurrenceDateTime'), dated),
  concept(
    'immunization-given-here',
    shots,
    'Whether whoever gave it recorded it; reported otherwise.',
    textsAt('primarySource'),
    flag,
  ),
  concept(
    'immunization-refusal',
    shots,
    'Why it was not given.',
    codingsAt('statusReason.coding'),
    coded,
  ),
  concept('immunization-site', shots, 'Where on the body.', codingsAt('site.coding'), coded),
  concept(
    'immunization-performer',
    shots,
    'Who gave it.',
    referencesAt('performer.actor'),
    referring,
  ),
  concept('vaccine-lot', shots, 'Lot number.', textsAt('lotNumber'), word),
  concept('vaccine-expiry', shots, 'When the lot expires.', textsAt('expirationDate'), {
    form: 'date',
  }),
  concept('procedure-code', procedures, 'What was done.', codingsAt('code.coding'), coded),
  concept('procedure-text', procedures, 'What was done, in words.', textsAt('code.text')),
  concept(
    'procedure-status',
    procedures,
    'Done, not done, stopped, entered in error.',
    textsAt('status'),
    word,
  ),
  concept(
    'procedure-time',
    procedures,
    'When it was done.',
    textsAt('performedDateTime', 'performedPeriod.start'),
    dated,
  ),
  concept(
    'procedure-performer',
    procedures,
    'Who did it.',
    referencesAt('performer.actor'),
    referring,
  ),
  concept(
    'procedure-encounter',
    procedures,
    'Visit it belongs to.',
    referencesAt('encounter'),
    referring,
  ),
  concept(
    'order-status',
    requests,
    'Active, completed, revoked, on hold, entered in error.',
    textsAt('status'),
    word,
  ),
  concept('order-intent', requests, 'Proposal, plan, order.', textsAt('intent'), word),
  concept(
    'order-category',
    requests,
    'Laboratory, imaging, referral.',
    codingsAt('category.coding'),
    coded,
  ),
  concept('order-code', requests, 'What is asked for.', codingsAt('code.coding'), coded),
  concept('order-text', requests, 'What is asked for, in words.', textsAt('code.text')),
  concept('order-priority', requests, 'How urgent it is.', textsAt('priority'), word),
  concept('order-time', requests, 'When it was ordered.', textsAt('authoredOn'), dated),
  concept('order-requester', requests, 'Who ordered it.', referencesAt('requester'), referring),
  concept(
    'order-encounter',
    requests,
    'Visit it belongs to.',
    referencesAt('encounter'),
    referring,
  ),
  concept(
    'appointment-status',
    appointments,
    'Booked, fulfilled, cancelled, missed.',
    textsAt('status'),
    word,
  ),
  concept('appointment-start', appointments, 'When it begins.', textsAt('start'), dated),
  concept('appointment-end', appointments, 'When it ends.', textsAt('end'), dated),
  concept(
    'appointment-minutes',
    appointments,
    'How long it takes, in minutes.',
    textsAt('minutesDuration'),
    { form: 'decimal' },
  ),
  concept('appointment-text', appointments, 'What it is for.', textsAt('description')),
  concept(
    'appointment-actor',
    appointments,
    'Who takes part, the patient among them.',
    referencesAt('participant.actor'),
    referring,
  ),
];
